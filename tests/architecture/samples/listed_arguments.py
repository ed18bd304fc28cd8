"""A docstring that repeats the signature."""


def segment(segment_id):  # caught
    """Get segment.

    Args:
        segment_id: the segment id.
    """
    return segment_id
