"""Every word that mails about payments and work say, in Indonesian and in English.

`{placeholders}` are values in the language of the words; a test sees that both languages have the same ones.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from backend.core.dates import Lang


class Words(msgspec.Struct, frozen=True):
    """What a mail says in one language. A paragraph whose only value is empty is left out."""

    subject: str
    paragraphs: Sequence[str]


class Letter(StrEnum):
    """A mail, by what it tells."""

    PAYMENT_ASKED = "payment_asked"
    PAYMENT_REMINDER = "payment_reminder"
    RECEIPT = "receipt"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    SEAT_OFFERED = "seat_offered"
    GRADE = "grade"
    RESULT = "result"
    REGRADED = "regraded"
    CERTIFICATE = "certificate"
    CERTIFICATE_REPLACED = "certificate_replaced"
    DEADLINES = "deadlines"


GREETING: Mapping[Lang, str] = {"id": "Halo {name},", "en": "Hello {name},"}
ENDING: Mapping[Lang, str] = {
    "id": "Tidak ingin menerima email seperti ini lagi? Buka tautan ini:",
    "en": "No more mails like this one? Open this link:",
}

LETTERS: Mapping[Letter, Mapping[Lang, Words]] = {
    Letter.PAYMENT_ASKED: {
        "id": Words(
            "Menunggu Pembayaran",
            [
                "Kursi Anda di {batch} sudah dipesan. Silakan transfer tepat Rp {amount} sebelum {until}.",
                "{account}",
                "Angka terakhirnya adalah kode unik Anda: dengan jumlah yang tepat, transfer Anda kami kenali.",
                "Setelah itu, unggah bukti pembayaran di akun Anda.",
            ],
        ),
        "en": Words(
            "Waiting for Payment",
            [
                "Your seat in {batch} is reserved. Please transfer exactly Rp {amount} before {until}.",
                "{account}",
                "The last digits are your unique code: by the exact amount we recognise your transfer.",
                "After that, upload the proof of payment in your account.",
            ],
        ),
    },
    Letter.PAYMENT_REMINDER: {
        "id": Words(
            "Pengingat Pembayaran",
            [
                "Pesanan Anda untuk {batch} berakhir pada {until}. Kami belum menerima bukti pembayaran Rp {amount}.",
                "{account}",
                "Sudah transfer? Unggah buktinya di akun Anda sebelum waktu itu, agar kursi Anda tidak dilepas.",
            ],
        ),
        "en": Words(
            "Payment Reminder",
            [
                "Your reservation for {batch} ends at {until}. No proof of payment of Rp {amount} has come yet.",
                "{account}",
                "Paid already? Upload the proof in your account before then, or your seat will be released.",
            ],
        ),
    },
    Letter.RECEIPT: {
        "id": Words(
            "Kwitansi Pembayaran", ["Terima kasih, pembayaran Anda telah diterima. Terlampir kwitansi.", "{batch}"]
        ),
        "en": Words(
            "Payment Receipt", ["Thank you, your payment has been received. The receipt is attached.", "{batch}"]
        ),
    },
    Letter.REJECTED: {
        "id": Words(
            "Pembayaran Ditolak",
            [
                "Pembayaran Anda sebesar Rp {amount} untuk {batch} belum dapat kami terima.",
                "Alasan: {reason}",
                "Anda dapat mengunggah bukti yang lebih jelas untuk pesanan yang sama, selama kursi masih tersedia.",
            ],
        ),
        "en": Words(
            "Payment Rejected",
            [
                "Your payment of Rp {amount} for {batch} could not be accepted.",
                "Reason: {reason}",
                "You can upload a better proof for the same purchase, as long as there are seats.",
            ],
        ),
    },
    Letter.EXPIRED: {
        "id": Words(
            "Pesanan Kedaluwarsa",
            [
                "Waktu pembayaran pesanan Anda untuk {batch} telah habis, dan kursinya dilepas.",
                "Sudah telanjur mentransfer Rp {amount}? Hubungi kami dan sertakan buktinya.",
            ],
        ),
        "en": Words(
            "Purchase Expired",
            [
                "The time to pay for {batch} is over, and the seat was released.",
                "Did you transfer Rp {amount} all the same? Please contact us with the proof.",
            ],
        ),
    },
    Letter.CANCELLED: {
        "id": Words(
            "Pembelian Dibatalkan",
            ["Pembelian Anda untuk {batch} sebesar Rp {amount} telah dibatalkan oleh admin.", "Alasan: {reason}"],
        ),
        "en": Words(
            "Purchase Cancelled",
            ["Your purchase of {batch} for Rp {amount} was cancelled by an admin.", "Reason: {reason}"],
        ),
    },
    Letter.REFUNDED: {
        "id": Words(
            "Pengembalian Dana",
            ["Rp {refunded} untuk {batch} telah dikembalikan, dan kursi Anda dilepas.", "Alasan: {reason}"],
        ),
        "en": Words(
            "Refund",
            ["Rp {refunded} for {batch} was given back, and your seat was released.", "Reason: {reason}"],
        ),
    },
    Letter.SEAT_OFFERED: {
        "id": Words(
            "Kursi Tersedia untuk Anda",
            [
                "Ada kursi kosong di {batch}, dan Anda yang pertama di daftar tunggu.",
                "Kursi itu disimpan untuk Anda sampai {until}. Sesudahnya ditawarkan kepada yang berikutnya.",
            ],
        ),
        "en": Words(
            "A Seat for You",
            [
                "A seat in {batch} is free, and you are the first in line.",
                "It is held for you until {until}; after that it is offered to the next one.",
            ],
        ),
    },
    Letter.GRADE: {
        "id": Words("Tugas Anda Sudah Dinilai", ['Tugas "{task}" di {batch} sudah dinilai: {grade}.']),
        "en": Words("Your Work Has Been Graded", ['Your work on "{task}" in {batch} has been graded: {grade}.']),
    },
    Letter.RESULT: {
        "id": Words("Kuis Anda Sudah Dinilai", ['Kuis "{quiz}" di {batch} sudah dinilai.']),
        "en": Words("Your Quiz Has Been Graded", ['The quiz "{quiz}" in {batch} has been graded.']),
    },
    Letter.REGRADED: {
        "id": Words(
            "Nilai Kuis Anda Diperbarui",
            ["Kunci jawaban kuis {quiz} di {batch} telah diperbaiki, dan kuis Anda dinilai ulang. Nilai Anda berubah."],
        ),
        "en": Words(
            "Your Quiz Has Been Regraded",
            ["The key of the quiz {quiz} in {batch} was mended and your quiz graded again. Your score has changed."],
        ),
    },
    Letter.CERTIFICATE: {
        "id": Words(
            "Sertifikat Anda Telah Terbit",
            [
                "Sertifikat Anda untuk {course} telah terbit dengan nomor {number}.",
                "Unduh dan periksa di sini:",
                "{link}",
            ],
        ),
        "en": Words(
            "Your Certificate Has Been Issued",
            [
                "Your certificate for {course} has been issued with the number {number}.",
                "Download and check it here:",
                "{link}",
            ],
        ),
    },
    Letter.CERTIFICATE_REPLACED: {
        "id": Words(
            "Nama di Sertifikat Anda Diperbaiki",
            [
                "Sertifikat Anda untuk {course} diterbitkan kembali atas nama {holder} dengan nomor {number}.",
                "Sertifikat dengan nomor {replaces} tidak berlaku lagi; siapa pun yang memeriksanya"
                " diarahkan ke yang baru.",
                "Unduh dan periksa di sini:",
                "{link}",
            ],
        ),
        "en": Words(
            "The Name on Your Certificate Was Corrected",
            [
                "Your certificate for {course} has been issued again, to {holder}, with the number {number}.",
                "The one with the number {replaces} holds no longer; whoever checks it is led to the new one.",
                "Download and check it here:",
                "{link}",
            ],
        ),
    },
    Letter.DEADLINES: {
        "id": Words("Batas Waktu Besok", ["Besok adalah batas waktu untuk:", "{items}"]),
        "en": Words("Due Tomorrow", ["Tomorrow is the last day for:", "{items}"]),
    },
}
