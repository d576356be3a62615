"""The ceiling of `certificates`: typst's compiler in a loop on the same template, a bare signature, a put of each file.

`python -m bench.bare_certificates FILE`. FILE has what is printed, ready for the template; nothing is numbered,
recorded or told. It prints its own seconds and CPU seconds.
"""

import asyncio
import io
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import aioboto3
import msgspec
import typst
from aiobotocore.config import AioConfig
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from backend.domain.certificates import pdf

TEMPLATE = Path(pdf.__file__).with_name("certificate.typ")


def s3() -> object:
    """A client for the same server that does no more than it must."""
    return aioboto3.Session().client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT_URL"],
        aws_access_key_id=os.environ["S3_ACCESS_KEY"],
        aws_secret_access_key=os.environ["S3_SECRET_KEY"],
        region_name=os.environ["S3_REGION"],
        config=AioConfig(
            s3={"addressing_style": "path", "payload_signing_enabled": False},  # or bodies are hashed once more
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            max_pool_connections=64,
        ),
    )


def a_signer() -> signers.SimpleSigner:
    """pyHanko's own way to the same key."""
    path = os.environ["SIGNING_KEY_FILE"]
    signer = signers.SimpleSigner.load(path, path)
    if signer is None:
        raise ValueError("no key")
    return signer


async def signed(signer: signers.SimpleSigner, drawn: bytes) -> bytes:
    about = signers.PdfSignatureMetadata(field_name="S", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES)
    writer = IncrementalPdfFileWriter(io.BytesIO(drawn))
    out = await signers.PdfSigner(about, signer).async_sign_pdf(writer, bytes_reserved=8192)
    return out.getvalue()


async def main(papers: list[str]) -> None:
    compiler = typst.Compiler(str(TEMPLATE), root=str(TEMPLATE.parent), ignore_system_fonts=True)
    stamp = datetime(2026, 1, 1, tzinfo=UTC)
    signer = a_signer()
    async with s3() as client:
        begun, used = time.perf_counter(), time.process_time()
        for number, paper in enumerate(papers):
            drawn = compiler.compile(format="pdf", sys_inputs={"paper": paper}, timestamp=stamp, pdf_standards=["ua-1"])
            drawn = await signed(signer, drawn)
            key = f"bench/{os.getpid()}-{number}.pdf"
            await client.put_object(Bucket=os.environ["S3_BUCKET"], Key=key, Body=drawn, ContentType="application/pdf")
        answer = {"seconds": time.perf_counter() - begun, "cpu_s": time.process_time() - used}
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=list[str])))
