"""Words of this feature, without any import of ours."""

from enum import StrEnum


class FileKind(StrEnum):
    """What sort of content a file holds; limits and allowed types hang on it."""

    DOCUMENT = "document"
    IMAGE = "image"
    MEDIA = "media"
    SHEET = "sheet"


class FileState(StrEnum):
    """The life of a file. Only stored and ready files are served; removed ones lose their objects later."""

    BEGUN = "begun"
    STORED = "stored"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    REMOVED = "removed"


class OwnerKind(StrEnum):
    """What a file may belong to."""

    MATERIAL = "material"
    ASSIGNMENT = "assignment"
    SUBMISSION = "submission"
    PURCHASE = "purchase"
    QUESTION = "question"
    QUESTION_FILE = "question_file"
    ANSWER = "answer"
    AVATAR = "avatar"
    CARD_PROOF = "card_proof"
    COURSE_IMAGE = "course_image"
    BATCH_THUMBNAIL = "batch_thumbnail"
    BLOG = "blog"
    CERTIFICATE_TEMPLATE = "certificate_template"
