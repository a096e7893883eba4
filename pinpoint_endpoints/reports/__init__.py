"""Report results to people and to machines: as tables, text, JSON, JUnit, SARIF and annotations."""
