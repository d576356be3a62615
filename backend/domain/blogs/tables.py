"""What is kept about blogs."""

from piccolo.columns import BigSerial, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.accounts.tables import Account


class Blog(Table, tablename="blog"):
    """An article. `slug` never changes; `content` is HTML that was cleaned before it came here."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    slug = Varchar(length=200, unique=True)
    title = Varchar(length=255)
    description = Text()
    content = Text()
    image = Varchar(length=500)
    author_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=True, default=None)
    published_at = Timestamptz(default=TimestamptzNow())
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
