"""What is kept about notifications."""

from piccolo.columns import Array, BigInt, BigSerial, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.domain.accounts.tables import Account
from backend.domain.notifications.terms import Language, NoticeKind


class Notice(Table, tablename="notice"):
    """A fact that somebody was told by mail; no fact is told twice. It goes after 90 days."""

    id = BigSerial(primary_key=True, index=False)
    fact = Varchar(length=150, unique=True)
    account_id = ForeignKey(Account, on_delete=OnDelete.cascade, null=False)
    kind = Varchar(length=24, choices=NoticeKind)
    sent_at = Timestamptz(default=TimestamptzNow())


class NoticeChoice(Table, tablename="notice_choice"):
    """What somebody does not want to be told by mail, and in which language the rest; without a row: all, in both."""

    account_id = BigInt(primary_key=True)
    language = Varchar(length=2, choices=Language, null=True, default=None)
    muted = Array(base_column=Text())
    updated_at = Timestamptz(default=TimestamptzNow())
