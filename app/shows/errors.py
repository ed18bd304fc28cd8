"""What shows refuse."""

from app.core.errors import Conflict, NotFound, NotOfferedHere, Unavailable, Unfit, Unusable


class ShowNotFound(NotFound):
    """No such show of this caller."""

    code = "show.not_found"
    message = "There is no such project. Check the id, or list yours."


class ShowFileUnknown(Unusable):
    """A named file is not one of the caller's."""

    code = "show.file_unknown"
    message = "One of the named files is not there. Upload it again, then repeat."


class ShowTooLarge(Unusable):
    """More than one show holds."""

    code = "show.too_large"
    message = "One project holds at most 200 pictures and 200 fields of your own. Send less."


class VideoSiteAbsent(NotOfferedHere):
    """No account of a video site is connected to this service."""

    code = "show.video_site_absent"
    message = "Publishing to YouTube is not set up on this service. Download the video and upload it there."


class TopicMissing(Unusable):
    """There is nothing to write about."""

    code = "show.topic_missing"
    message = "There is nothing to write about. Give a title or a description, then repeat."


class ScriptMissing(Unusable):
    """There is nothing to say."""

    code = "show.script_missing"
    message = "There is no text to speak. Write or generate the script first."


class ShowPicturesMissing(Unfit):
    """There is nothing to show."""

    code = "show.pictures_missing"
    message = "There are no pictures yet. Generate the images first."


class ShowVoiceMissing(Unfit):
    """There is nothing to hear."""

    code = "show.voice_missing"
    message = "There is no audio yet. Generate the audio first."


class ShowVideoMissing(Conflict):
    """There is no film to work on."""

    code = "show.video_missing"
    message = "There is no video yet. Make the video first, then repeat."


class TrackMissing(Unusable):
    """There is no track to lay."""

    code = "show.track_missing"
    message = "There is no music. Upload a track first, then repeat."


class PictureMissing(NotFound):
    """No picture has this number."""

    code = "show.picture_missing"
    message = "There is no picture with this number. Pictures count from 0."


class NotAVoiceYet(Conflict):
    """There is no recording to copy a voice from."""

    code = "show.own_voice_missing"
    message = "There is no recording of your voice. Upload one, then repeat, or choose another voice."


class ShowNotOffered(Unusable):
    """The chosen engine does not take this."""

    code = "show.not_offered"
    message = "The engine does not take this. Shorten the text, or choose another engine."


class ShowPictureLost(Unavailable):
    """A picture was paid for and could not be taken in."""

    code = "show.picture_lost"
    message = "The engine drew a picture that could not be kept. Start it again to have another one drawn."


class NoShowYet(Conflict):
    """A request without a job, of somebody who has none."""

    code = "show.none_yet"
    message = "There is no video in the making yet. Write the content first, or name the job."


class StagedFilmUnknown(NotFound):
    """No film has such a name."""

    code = "show.film_unknown"
    message = (
        "No film has this name. Ask for youtube_shorts.mp4, youtube_shorts_with_music.mp4 or "
        "output_with_glowing_captions.mp4."
    )
