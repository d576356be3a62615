"""Certificates to show, and a lookup that knows only them."""

from datetime import date

import msgspec

from backend.dialects.site.pages import Certificate

VALID = Certificate(
    state="valid",
    number="LULUS-BREV-2026-01-0042-K7Q2MX",
    holder_name="Siti Nurhaliza Rahmawati",
    course_title="Brevet Pajak A dan B Terpadu",
    batch_title="Angkatan 12, Kelas Malam",
    start_on=date(2026, 8, 3),
    end_on=date(2026, 10, 30),
    issued_on=date(2026, 11, 2),
    school_name="Sekolah Pajak Nusantara",
    pdf_url="/api/v1/certificates/1/file",
)
REVOKED = msgspec.structs.replace(
    VALID,
    state="revoked",
    number="LULUS-BREV-2026-01-0007-P4N8TZ",
    revoked_on=date(2026, 11, 20),
    revoked_reason="Nama pemegang salah ketik; sertifikat pengganti telah diterbitkan.",
    pdf_url=None,
)
EXPIRED = msgspec.structs.replace(
    VALID,
    state="expired",
    number="LULUS-BREV-2024-01-0009-Q2W8ER",
    expires_on=date(2026, 11, 1),
    badge_url="/certificates/LULUS-BREV-2024-01-0009-Q2W8ER/badge",
)
REPLACED = msgspec.structs.replace(
    REVOKED, state="replaced", number="LULUS-BREV-2026-01-0008-B6V5CX", replaced_by=VALID.number
)
WIDE = msgspec.structs.replace(
    VALID, number="N" * 100, holder_name="W" * 140, course_title="Pertanggungjawaban" * 8, batch_title="M" * 90
)
KNOWN = {view.number: view for view in (VALID, REVOKED, EXPIRED, REPLACED, WIDE)}


async def find(reference, address):
    return KNOWN.get(reference)
