"""A bucket of its own for each test that asks for one, on the S3 server that the settings name."""

import msgspec
import pytest

from backend.core.settings import settings
from storage import s3
from tests.storage.buckets import bucket_name, emptied


@pytest.fixture
def s3_settings():
    return msgspec.structs.replace(settings(), s3_bucket=bucket_name())


@pytest.fixture
async def storage(s3_settings):
    async with s3.connect(s3_settings, pool_size=8) as storage:
        await storage.ensure_bucket()
        yield storage
        await emptied(storage)
