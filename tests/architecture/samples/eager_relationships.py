"""Relationships that load by surprise."""


class Project:
    segments = relationship(lazy="raise")
    takes = relationship()  # caught
    frames = relationship(lazy="selectin")  # caught
