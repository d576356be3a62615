"""Words for what is said of a bank statement and of its rows."""

from collections.abc import Mapping
from typing import Any

from backend.dialects.lms.words.purchases import WORDS as PURCHASES
from backend.dialects.lms.words.word import Word
from backend.domain.purchases.terms import StatementCell, StatementFault, Verdict

FAULTS = {
    StatementFault.NOT_TEXT: Word("bukan berkas teks (CSV)", "it is no text file (CSV)"),
    StatementFault.NO_HEADINGS: Word(
        "tidak ada baris judul dengan kolom tanggal dan jumlah", "no row has headings for a date and an amount"
    ),
    StatementFault.TOO_MANY_ROWS: Word("lebih dari {detail} baris", "it has more than {detail} rows"),
    StatementFault.TOO_SLOW: Word("terlalu lama dibaca", "reading it takes too long"),
    StatementFault.DAMAGED: Word("rusak atau terpotong", "it is damaged or cut short"),
}
EXPECTED = {
    StatementCell.DATE: Word("tanggal, misalnya 22/11/2026", "a date, for example 22/11/2026"),
    StatementCell.AMOUNT: Word(
        "jumlah uang, misalnya 1.000.123,00 atau 1,000,123.00", "an amount, for example 1.000.123,00 or 1,000,123.00"
    ),
    StatementCell.SIDE: Word("CR atau DB", "CR or DB"),
}
VERDICTS = {
    Verdict.MATCHED: Word("cocok dengan satu transaksi terbuka", "matches one open purchase"),
    Verdict.AMBIGUOUS: Word(
        "lebih dari satu mutasi untuk transaksi yang sama: periksa", "more than one credit for one purchase: look at it"
    ),
    Verdict.NO_MATCH: Word("tidak ada transaksi terbuka dengan jumlah ini", "no open purchase has this amount"),
    Verdict.ALREADY_PAID: Word("transaksi ini sudah dibayar", "this purchase is paid already"),
}
_PREVIEW = Word(
    "Pratinjau, belum disimpan: {matched} transaksi akan dikonfirmasi; {already_paid} sudah dibayar,"
    " {ambiguous} perlu diperiksa, {no_match} tanpa transaksi, {unreadable} tidak terbaca",
    "Preview, nothing saved yet. Purchases that would be confirmed: {matched}; paid already: {already_paid},"
    " to look at: {ambiguous}, without a purchase: {no_match}, unreadable: {unreadable}",
)
_DONE = Word(
    "{confirmed} transaksi dikonfirmasi, {stale} dilewati karena sudah berubah",
    "Purchases confirmed: {confirmed}; left out because they have changed: {stale}",
)


def tell_statement(report: Any, *, english: bool) -> Any:  # noqa: ANN401 - a job's report is any JSON
    """The report of a statement as people read it; anything else is given back as it is.

    Shape: `message` sums it up; each line and each problem has a message; a refusal has the rule's code.
    """
    if not isinstance(report, dict):
        return report
    if "code" in report:
        return _refusal(report, english=english)
    if "matched" not in report:
        return report
    return {
        "message": _say(_PREVIEW if report.get("dry_run", True) else _DONE, report, english=english),
        **report,
        "lines": [
            {**line, "message": _say(VERDICTS[Verdict(line["verdict"])], line, english=english)}
            for line in report.get("lines", ())
        ],
        "problem_rows": [
            {**row, "expected": _say(EXPECTED[StatementCell(row["expected"])], row, english=english)}
            for row in report.get("problem_rows", ())
        ],
    }


def _refusal(report: Mapping[str, Any], *, english: bool) -> dict[str, Any]:
    code, data = str(report["code"]), dict(report.get("data") or {})
    if data.get("reason") in list(StatementFault):
        data["reason"] = _say(FAULTS[StatementFault(data["reason"])], data, english=english)
    word = PURCHASES.get(code)
    return {"code": code, "message": _say(word, data, english=english) if word else code, **data}


def _say(word: Word, data: Mapping[str, Any], *, english: bool) -> str:
    return (word.en if english else word.id).format_map({"detail": "?", "reason": "?", **data})
