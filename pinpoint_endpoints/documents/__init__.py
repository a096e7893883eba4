"""Read files into documents: discovery, JSON, YAML, shapes, positions, and rules about texts."""
