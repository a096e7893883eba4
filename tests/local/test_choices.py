from pinpoint_endpoints.local.choices import CHOICES


def test_each_choice_is_a_full_row() -> None:
    """Every row has a topic of its own, a choice and a reason."""
    assert len({row.topic for row in CHOICES}) == len(CHOICES) > 20
    assert all(cell.strip() == cell != "" for row in CHOICES for cell in row)
