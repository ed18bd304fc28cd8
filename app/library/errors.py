"""What the library refuses."""

from app.core.errors import Conflict, NotFound, TooLarge, Unfit, Unusable


class AssetNotFound(NotFound):
    """No such file for this caller."""

    code = "asset.not_found"
    message = "There is no such file. Check the id, or look for it among your files."
    advice = "GET /api/v1/assets lists yours."


class NothingSent(Unusable):
    """The form has no file."""

    code = "asset.nothing_sent"
    message = "The form has no file. Send the file as the multipart field `file`."


class FormUnreadable(Unfit):
    """The form breaks off, is not what its boundary says, or has too many parts."""

    code = "asset.form_unreadable"
    message = "The form cannot be read: it breaks off, or has more than 20 parts. Send the file as the only part."


class UploadTooLarge(TooLarge):
    """More bytes than a file of this kind may have."""

    code = "asset.too_large"
    message = "The file is too large. See UPLOAD_MAX_SIZE_MB; the usual limit is 20 MB."


class QuotaExceeded(TooLarge):
    """The user keeps as much as allowed."""

    code = "asset.quota_exceeded"
    message = "Your storage is full. Delete projects or files you no longer need, then try again."


class KindNotUploaded(Unusable):
    """Files of this kind are made here, not brought."""

    code = "asset.kind_not_uploaded"
    message = "Files of this purpose cannot be uploaded. Use first_frame, key_frame, audio_sample or music."


class UploadMissing(Conflict):
    """The announced file has not arrived."""

    code = "asset.upload_missing"
    message = "The file has not arrived yet. Send it to `upload_url` first, then complete the upload."


class UploadDiffers(Unusable):
    """Another file arrived than was announced."""

    code = "asset.upload_differs"
    message = "The file that arrived is not the one announced: its size or SHA-256 differs. Start a new upload."


class CopyExists(Conflict):
    """A file of that name stands in the folder already."""

    code = "asset.copy_exists"
    message = "A file of this name is there already, and nothing is replaced. Give another name."
