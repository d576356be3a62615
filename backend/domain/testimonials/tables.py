"""What is kept about testimonials."""

from piccolo.columns import BigSerial, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.accounts.tables import Account
from backend.domain.batches.tables import Batch


class Testimonial(Table, tablename="testimonial"):
    """What a person says of a batch, `rating` 1 to 5; unique on person and batch."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    account_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=False)
    batch_id = ForeignKey(Batch, on_delete=OnDelete.restrict, null=False)
    rating = SmallInt()
    title = Varchar(length=255)
    description = Text(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
