"""What happens to purchases in time, their receipts, and what buyers are told: each job twice."""

import io

import pytest
from pypdf import PdfReader

from backend.core import db
from backend.core.actor import SYSTEM, Actor, Role
from backend.core.settings import settings
from backend.domain.notifications import commands as notifications
from backend.domain.notifications import links
from backend.domain.notifications.terms import NoticeKind
from backend.domain.purchases import commands, queries, receipts, waiting
from backend.domain.purchases.commands import Refund
from backend.domain.purchases.terms import PaymentState
from tests.background import drain, drain_again
from tests.domain.purchases.shop import PAYER, PROOF, a_buyer, overdue, prices
from tests.mailbox import Mailbox, text_of
from tests.people import an_account
from tests.school import a_batch
from workers import letters
from workers.letters import LETTERS, Letter

pytestmark = pytest.mark.usefixtures("database", "storage", "mailbox", "shop")


@pytest.fixture
async def shop(database):
    await prices()


async def planned() -> dict[str, float]:
    """The jobs that wait for a time of their own, and in how many hours they run."""
    rows = await db.fetch(
        "SELECT kind, round(extract(epoch FROM run_at - now()) / 3600) AS hours FROM job WHERE run_at > now()"
    )
    return {row["kind"]: float(row["hours"]) for row in rows}


async def at_the_time(kind: str) -> None:
    """Let the time of a planned job have come."""
    await db.statement("UPDATE job SET run_at = now() WHERE kind = $1", kind)


async def test_a_purchase_is_asked_for_reminded_of_and_ended(mailbox: Mailbox):
    batch = await a_batch(quota=1)
    made = await commands.create_purchase(await a_buyer(), batch.uuid)
    await drain()
    assert await planned() == {"mail_payment_reminder": 22, "expire_purchase": 24}
    (asked,) = mailbox.take()
    assert asked["Subject"] == "Menunggu Pembayaran"
    assert f"{made.transfer_amount:,}".replace(",", ".") in text_of(asked)
    assert "Waiting" not in asked["Subject"]
    assert "Hello" in text_of(asked)
    assert "List-Unsubscribe" not in asked
    await at_the_time("mail_payment_reminder")
    await drain()
    assert mailbox.subjects() == ["Pengingat Pembayaran"]
    await overdue(made.id)
    await at_the_time("expire_purchase")
    await drain()
    assert mailbox.subjects() == ["Pesanan Kedaluwarsa"]
    assert (await queries.purchase(SYSTEM, made.id)).state is PaymentState.EXPIRED
    assert await db.value("SELECT seats_taken FROM batch WHERE id = $1", batch.id) == 0
    await drain_again()
    assert mailbox.subjects() == []
    assert await db.value("SELECT count(*) FROM purchase_change WHERE after = 'expired'") == 1


async def test_who_has_paid_is_neither_reminded_nor_thrown_out(mailbox: Mailbox):
    batch, buyer = await a_batch(), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    await commands.pay_purchase(buyer, made.id, PROOF, PAYER)
    await drain()
    mailbox.take()
    await overdue(made.id)
    for kind in ("mail_payment_reminder", "expire_purchase"):
        await at_the_time(kind)
    await drain()
    assert mailbox.subjects() == []
    assert (await queries.purchase(SYSTEM, made.id)).state is PaymentState.WAITING_CONFIRMATION


async def test_the_receipt_is_drawn_stored_and_mailed_once(mailbox: Mailbox, storage):
    batch, buyer = await a_batch(), await a_buyer("other_student")
    await db.statement("UPDATE profile SET nim = '50420001' WHERE account_id = $1", buyer.person_id)
    made = await commands.create_purchase(buyer, batch.uuid)
    await commands.pay_purchase(buyer, made.id, PROOF, PAYER)
    await drain()
    mailbox.take()
    await commands.decide_purchase(SYSTEM, made.id, PaymentState.PAID)
    await drain()
    (mail,) = mailbox.take()
    assert mail["Subject"] == "Kwitansi Pembayaran"
    assert "Terima kasih, pembayaran Anda telah diterima. Terlampir kwitansi." in text_of(mail)
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == f"kwitansi-{made.id:07}.pdf"
    kept = await receipts.receipt(buyer, made.uuid)
    pdf = attached.get_content()
    assert len(pdf) == kept.size_bytes
    said = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())
    for part in (f"{made.id:07}", made.buyer.name, "50420001", "Buyer", settings().school_name):
        assert part in said
    assert f"Rp {made.transfer_amount:,}".replace(",", ".") in said
    assert said.count(f"{made.transfer_amount:,}".replace(",", ".")) == 1
    assert "Satu juta" in said
    assert "Rupiah" in said
    await drain_again()
    assert mailbox.subjects() == []
    again = await receipts.receipt(buyer, made.uuid)
    assert again == kept
    assert await receipts.named_objects([kept.object_key, "receipts/x.pdf"]) == {kept.object_key}


async def test_a_second_drawing_keeps_the_first(storage):
    made = await commands.create_purchase(await a_buyer(), (await a_batch()).uuid)
    await commands.decide_purchase(SYSTEM, made.id, PaymentState.PAID)
    await receipts.record(made.id, "receipts/one.pdf", "0" * 64, 1)
    await receipts.record(made.id, "receipts/two.pdf", "1" * 64, 2)
    assert (await receipts.stored(made.id)).object_key == "receipts/one.pdf"
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'purchases.receipt.made.v1'") == 1


async def test_each_refusal_is_told_once_with_its_reason(mailbox: Mailbox):
    batch, buyer = await a_batch(), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    for reason in ("Buram <b>", None):
        await commands.pay_purchase(buyer, made.id, PROOF, PAYER)
        await commands.decide_purchase(SYSTEM, made.id, PaymentState.REJECTED, reason=reason)
        await drain()
        (mail,) = [one for one in mailbox.take() if one["Subject"] == "Pembayaran Ditolak"]
        assert ("Alasan: Buram <b>" in text_of(mail)) is bool(reason)
        assert "Alasan: None" not in text_of(mail)
        assert "<b>" not in text_of(mail, "html")
    await drain_again()
    assert mailbox.subjects() == []


async def test_who_looks_up_what_was_decided_is_asked_to_pay_all_the_same(mailbox: Mailbox):
    buyer, other = await a_buyer(), await a_buyer()
    await notifications.choose(buyer, {NoticeKind.PAYMENT_DECIDED: False})
    for state in (PaymentState.REJECTED, PaymentState.PAID):
        batch = await a_batch()
        for person in (buyer, other):
            made = await commands.create_purchase(person, batch.uuid)
            await commands.pay_purchase(person, made.id, PROOF, PAYER)
            await drain()
            assert mailbox.subjects() == [], "there is a proof, so nothing is asked for any more"
            await commands.decide_purchase(SYSTEM, made.id, state)
            await drain()
            sent = mailbox.take()
            assert len(sent) == (person is other)
            for mail in sent:
                link = mail["List-Unsubscribe"].strip("<>").rsplit("/", 1)[1]
                assert links.read(link)[1] is NoticeKind.PAYMENT_DECIDED
    await commands.create_purchase(buyer, (await a_batch()).uuid)
    await drain()
    assert mailbox.subjects() == ["Menunggu Pembayaran"]


async def test_what_an_admin_takes_back_is_told_and_what_one_gives_up_is_not(mailbox: Mailbox):
    batch = await a_batch()
    for act in ("cancelled by admin", "refunded", "given up"):
        buyer = await a_buyer()
        made = await commands.create_purchase(buyer, batch.uuid)
        if act == "given up":
            await commands.cancel_purchase(buyer, made.id)
        else:
            await commands.decide_purchase(SYSTEM, made.id, PaymentState.PAID)
        if act == "refunded":
            await commands.refund_purchase(SYSTEM, made.id, Refund(1_500_000, "Kelas batal"))
        elif act == "cancelled by admin":
            await commands.decide_purchase(SYSTEM, made.id, PaymentState.CANCELLED, reason="Salah orang")
    await drain()
    sent = mailbox.take()
    mails = {mail["Subject"]: mail for mail in sent}
    assert "Alasan: Salah orang" in text_of(mails["Pembelian Dibatalkan"])
    assert "Rp 1.500.000" in text_of(mails["Pengembalian Dana"])
    assert sorted(one["Subject"] for one in sent) == [
        "Kwitansi Pembayaran",
        "Pembelian Dibatalkan",
        "Pengembalian Dana",
    ]
    assert mails["Kwitansi Pembayaran"]["To"] == mails["Pengembalian Dana"]["To"], "who was cancelled is not thanked"
    await drain_again()
    assert mailbox.subjects() == []


async def test_who_is_first_in_line_is_told_of_the_seat_unless_they_do_not_want_to(mailbox: Mailbox):
    batch, buyer = await a_batch(quota=1), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    account_id, person, _, address = await an_account(Role.STUDENT)
    await waiting.join_line(Actor(account_id, Role.STUDENT), batch.uuid)
    await commands.cancel_purchase(buyer, made.id)
    await drain()
    (mail,) = [one for one in mailbox.take() if one["Subject"] == "Kursi Tersedia untuk Anda"]
    assert mail["To"] == address
    link = mail["List-Unsubscribe"].strip("<>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in text_of(mail)
    assert links.read(link.rsplit("/", 1)[1]) == (person, NoticeKind.SEAT_OFFERED)
    await drain_again()
    assert mailbox.subjects() == []


def test_letters_say_the_same_in_both_languages():
    assert set(LETTERS) == set(Letter)
    for words in LETTERS.values():
        assert len(words["id"].paragraphs) == len(words["en"].paragraphs)
        for indonesian, english in zip(words["id"].paragraphs, words["en"].paragraphs, strict=True):
            assert _places(indonesian) == _places(english)
        assert words["id"].subject != words["en"].subject
    assert set(letters.GREETING) == set(letters.ENDING) == {"id", "en"}


def _places(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}
