"""Names for throw-away buckets, and how to be rid of them."""

import os


def bucket_name():
    return f"test-{os.urandom(8).hex()}"


async def emptied(storage):
    async for entry in storage.list():
        await storage.delete(entry.key)
    async for upload in storage.unfinished_uploads():
        await storage.abort(upload)
    await storage.client.delete_bucket(Bucket=storage.bucket)


async def left_in(storage):
    """What is there: names of objects, and of open uploads."""
    objects = [entry.key async for entry in storage.list()]
    return objects, [upload.key async for upload in storage.unfinished_uploads()]
