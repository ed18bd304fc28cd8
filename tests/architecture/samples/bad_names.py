"""Names that say nothing."""


class VideoManager:  # caught
    pass


class Take:
    def process_take(self, take):  # caught
        return take

    def accept(self, info):  # caught
        clip_data = info  # caught
        metadata = clip_data
        return metadata
