"""A state set by hand."""


class Player:
    def stop(self):
        self.state = "stopped"


def approve(segment):
    segment.state = "approved"  # caught
    segment.clip.status = "stale"  # caught
    segment.title = "new"
