"""What is kept about courses."""

from piccolo.columns import BigInt, BigSerial, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid


class Course(Table, tablename="course"):
    """A course. `code` and `slug` never change."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    code = Varchar(length=24, unique=True)
    slug = Varchar(length=200, unique=True)
    title = Varchar(length=255)
    short_description = Text(default="")
    description = Text(default="")
    learning_outcomes = Text(default="")
    achievements = Text(default="")
    additional_info = Text(default="")
    created_by = BigInt(null=True, default=None)
    archived_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class CourseImage(Table, tablename="course_image"):
    """A picture of a course, in order of `position`."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    course_id = ForeignKey(Course, on_delete=OnDelete.cascade, null=False)
    image_url = Varchar(length=500)
    position = Integer(default=0)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
