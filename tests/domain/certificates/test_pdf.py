"""The certificate on paper: what is on it, that it fits, and that the same values give the same bytes."""

import io
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from pypdf import PageObject, PdfReader

from backend.core.typeset import NOTHING, printable
from backend.domain.certificates.pdf import render
from backend.domain.certificates.terms import CertificatePaper, Topic

URL = "https://lulus.example/certificates/LULUS-BREV-2026-01-0042-K7Q2MX"
LONG = (
    "Raden Ajeng Maria Magdalena Kusumawardhani Prawirodirdjo Soerjaningrat binti Muhammad Abdurrahman "
    "Al-Ghifari Hadiningrat, S.E., M.Ak."
)
POINTS_PER_MM = 72 / 25.4


def a_paper(**changes):
    paper = CertificatePaper(
        number="LULUS-BREV-2026-01-0042-K7Q2MX",
        holder_name="Siti Nurhaliza Rahmawati",
        course_title="Brevet Pajak A dan B Terpadu",
        batch_title="Angkatan 12, Kelas Malam",
        start_on=date(2026, 8, 3),
        end_on=date(2026, 10, 30),
        issued_on=date(2026, 11, 2),
        place="Jakarta",
        school_name="Sekolah Pajak Nusantara",
        signatory_name="Dr. Ratna Wibisono, S.E., M.Ak.",
        signatory_title="Direktur Program",
        verify_url=URL,
        topics=some_topics(14),
    )
    return msgspec.structs.replace(paper, **changes)


def some_topics(count, title="Praktik pengisian SPT"):
    return [Topic(f"{title} {n}", date(2026, 8, 3) + timedelta(n), 2.5) for n in range(1, count + 1)]


def read(paper):
    return PdfReader(io.BytesIO(render(paper)))


def words(page):
    return " ".join(page.extract_text().replace("\u200b", "").split())


def lines_of(page: PageObject, letters: str):
    """Give {baseline: (left, size)} of the lines that are a part of these letters."""
    found: dict[float, tuple[float, float]] = {}

    def visit(text, user, matrix, _font, size):
        text = text.replace("\u200b", "").strip()
        if len(text) > 1 and text in letters:
            scale = abs(user[0] * matrix[0]) or 1.0
            x = user[0] * matrix[4] + user[4]
            y = round(user[3] * matrix[5] + user[5], 1)
            found[y] = (min(x, found.get(y, (x, 0))[0]), size * scale)

    page.extract_text(visitor_text=visit)
    return found


def test_says_who_what_when_and_how_to_check():
    first, second = read(a_paper()).pages
    assert (round(first.mediabox.width), round(first.mediabox.height)) == (842, 595)
    for text in (
        *("Siti Nurhaliza Rahmawati", "Brevet Pajak A dan B Terpadu", "Angkatan 12, Kelas Malam"),
        *(
            "LULUS-BREV-2026-01-0042-K7Q2MX",
            "3 Agustus \N{EN DASH} 30 Oktober 2026",
            "Jakarta, 2 November 2026",
        ),
        *("Dr. Ratna Wibisono, S.E., M.Ak.", "Direktur Program", "Certificate of Completion", URL),
    ):
        assert text in words(first)
    assert "SEKOLAHPAJAKNUSANTARA" in words(first).replace(" ", "")  # letter-spaced
    rows = words(second)
    places = [rows.index(f"Praktik pengisian SPT {n} ") for n in range(1, 15)]
    assert places == sorted(places)
    assert "14 pertemuan, 35 jam · 14 meetings, 35 hours" in rows
    assert "17 Agustus 2026" in rows
    assert URL in rows


def test_tells_programs_the_same():
    pdf = read(a_paper())
    assert pdf.metadata.title == "Sertifikat LULUS-BREV-2026-01-0042-K7Q2MX: Siti Nurhaliza Rahmawati"
    assert pdf.metadata.author == "Sekolah Pajak Nusantara"
    assert pdf.metadata.creation_date.date() == date(2026, 11, 2)
    root = pdf.trailer["/Root"]
    assert root["/Lang"] == "id"
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    links = [note.get_object()["/A"]["/URI"] for note in pdf.pages[0]["/Annots"]]
    assert set(links) == {URL}


@pytest.mark.parametrize(("count", "pages"), [(0, 2), (1, 2), (12, 2), (40, 2), (60, 3), (200, 5)])
def test_every_topic_is_there_once(count, pages):
    pdf = read(a_paper(topics=some_topics(count, "Topik")))
    assert len(pdf.pages) == pages
    text = " ".join(words(page) for page in pdf.pages[1:])
    assert [text.count(f"Topik {n} ") for n in range(1, count + 1)] == [1] * count


def test_one_is_not_many():
    text = words(read(a_paper(topics=[Topic("Praktik", None, 1)])).pages[1])
    assert "1 meeting, 1 hour" in text
    assert "1 meetings" not in text


def test_long_titles_of_topics_wrap_and_all_stay():
    topics = some_topics(30, "Pembahasan mendalam mengenai penetapan harga transfer antarperusahaan bagian ke")
    text = " ".join(words(page) for page in read(a_paper(topics=topics)).pages[1:])
    assert text.count("Pembahasan mendalam") == 30
    assert "bagian ke 30" in text


def test_the_same_values_give_the_same_bytes_in_another_process():
    script = (
        "import sys, msgspec; from hashlib import sha256\n"
        "from backend.domain.certificates.pdf import CertificatePaper, render\n"
        "view = msgspec.json.decode(sys.stdin.buffer.read(), type=CertificatePaper)\n"
        "print(sha256(render(view)).hexdigest())"
    )
    root = Path(__file__).parents[3]
    other = subprocess.run(
        [sys.executable, "-c", script],
        input=msgspec.json.encode(a_paper()),
        capture_output=True,
        check=True,
        cwd=root,
    )
    render(a_paper(holder_name="Orang Lain"))
    assert other.stdout.decode().strip() == sha256(render(a_paper())).hexdigest()


def test_threads_take_turns():
    papers = [a_paper(holder_name=f"Siswa {n}") for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(render, papers)) == [render(paper) for paper in papers]


@pytest.mark.parametrize(
    "name",
    [
        '#eval("1+1") $x^2$ *tebal* _miring_ @acuan <b> = judul',
        'Robert"); #panic("x") \\ ` // /* ',
        "#read(\"/etc/passwd\") #sys.inputs [isi] {kode} 'petik'",
        "</script><b>Budi</b> & {{ 7*7 }}",
        "- + / ~ --- ... https://contoh.example",
    ],
)
def test_markup_in_a_name_is_only_text(name):
    first = read(a_paper(holder_name=name)).pages[0]
    assert printable(name).replace(" ", "") in words(first).replace(" ", "")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Budi\x00 \x1b[31mSantoso\r\n", "Budi [31mSantoso"),
        ("Ayu 🎉👩🏽‍🎓 Lestari\u202e", "Ayu Lestari"),
        ("\ud800Dewi\ufeff", "Dewi"),
        ("e\u0301dith  Núñez", "édith Núñez"),
        ("🎉", NOTHING),
    ],
)
def test_what_has_no_ink_is_left_out(name, shown):
    assert printable(name) == shown
    assert len(read(a_paper(holder_name=name)).pages) == 2


@pytest.mark.parametrize("name", ["Иван Петров", "Ξένος Άννα", "שלום כהן", "أحمد", "Nguyễn Thị Ánh", "Şahin Ğ. Łukasz"])
def test_scripts_of_the_fonts_keep_the_standard_for_accessible_files(name):
    metadata = read(a_paper(holder_name=name)).trailer["/Root"]["/Metadata"].get_object().get_data()
    assert b"pdfuaid" in metadata


def test_a_script_that_the_fonts_lack_still_gives_a_certificate():
    pdf = read(a_paper(holder_name="王小明 Tan"))
    assert "Tan" in words(pdf.pages[0])


@pytest.mark.parametrize(
    ("name", "most_lines", "least_size"),
    [
        ("Ali", 1, 37),
        ("Siti Nurhaliza Rahmawati", 1, 37),
        (LONG, 2, 18),
        (LONG + " " + LONG, 2, 8),
        ("W" * 140, 2, 8),
    ],
)
def test_any_name_fits_between_the_margins(name, most_lines, least_size):
    lines = lines_of(read(a_paper(holder_name=name)).pages[0], name)
    assert 1 <= len(lines) <= most_lines
    for left, size in lines.values():
        assert left >= 26 * POINTS_PER_MM - 1
        assert size >= least_size


@pytest.mark.browser
@pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler is missing")
@pytest.mark.parametrize("name", ["Ali", LONG, LONG + " " + LONG, "W" * 140, "أحمد " * 20, "שלום " * 30])
def test_nothing_leaves_the_frame(name, tmp_path):
    file = tmp_path / "paper.pdf"
    file.write_bytes(render(a_paper(holder_name=name, course_title=LONG, batch_title=LONG, topics=some_topics(60))))
    run = subprocess.run(["pdftotext", "-bbox", file, "-"], capture_output=True, check=True, text=True)
    boxes = [line.split('"')[1:9:2] for line in run.stdout.splitlines() if "<word" in line]
    assert len(boxes) > 100
    margin = 15 * POINTS_PER_MM
    for left, top, right, bottom in (map(float, box) for box in boxes):
        assert left >= margin
        assert right <= 842 - margin
        assert top >= margin
        assert bottom <= 595 - margin
