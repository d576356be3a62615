import asyncio
import os
import signal
import stat
import subprocess
import sys

import asyncpg
import boto3
import pytest
import redis
from botocore.config import Config

from backend.devstack.leash import NOBODY
from backend.devstack.locks import lock_within, try_lock
from backend.devstack.processes import Command, leashed
from backend.devstack.services import start
from tests.devstack.stack import Stack

pytestmark = pytest.mark.processes


def storage(env):
    return boto3.client(
        "s3",
        endpoint_url=env["S3_ENDPOINT_URL"],
        aws_access_key_id=env["S3_ACCESS_KEY"],
        aws_secret_access_key=env["S3_SECRET_KEY"],
        region_name=env["S3_REGION"],
        config=Config(s3={"addressing_style": "path"}),
    )


def query(env, *statements):
    async def ask():
        connection = await asyncpg.connect(env["DATABASE_URL"])
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_data_survives_kill_9_and_a_start_on_other_ports(tmp_path):
    data = tmp_path / "data"
    with start(data) as services:
        env = services.environment()
        query(env, "CREATE TABLE kept (what text)", "INSERT INTO kept VALUES ('row')")
        with redis.Redis.from_url(env["REDIS_URL"]) as valkey:
            valkey.set("kept", "key")
            assert valkey.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        storage(env).put_object(Bucket=env["S3_BUCKET"], Key="kept/object", Body=b"object")
        for process in services.processes.values():
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    (data / "ports.json").unlink()
    with start(data) as services:
        moved = services.environment()
        assert moved["DATABASE_URL"] != env["DATABASE_URL"]
        assert query(moved, "SELECT what FROM kept") == "row"
        assert query(moved, "SELECT current_setting('fsync')") == "on"
        with redis.Redis.from_url(moved["REDIS_URL"]) as valkey:
            assert valkey.get("kept") == b"key"
        found = storage(moved).get_object(Bucket=moved["S3_BUCKET"], Key="kept/object")
        with found["Body"] as body:
            assert body.read() == b"object"
    for path in (data, data / "postgres", data / "log"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "credentials.json").stat().st_mode) == 0o600


def test_only_what_is_wanted_starts_and_it_can_be_restarted(tmp_path):
    with start(tmp_path, wanted={"valkey"}, durable=False) as services:
        assert set(services.environment()) == {"REDIS_URL"}
        before = services.processes["valkey"].pid
        services.restart("valkey")
        assert services.processes["valkey"].pid != before
        with redis.Redis.from_url(services.environment()["REDIS_URL"]) as valkey:
            assert valkey.ping()


def test_run_gives_a_command_its_services_and_returns_its_exit_code(tmp_path):
    script = 'test -n "$DATABASE_URL$REDIS_URL$S3_ENDPOINT_URL" && echo env=$LULUS_ENV && exit 7'
    with Stack(tmp_path, "run", "--", "sh", "-c", script) as stack, Stack(tmp_path, "run", "--", "true") as other:
        assert stack.ends() == 7
        assert "env=test" in stack.output
        assert other.ends() == 0
        assert stack.all_gone()


def test_a_killed_run_leaves_nothing(tmp_path):
    with Stack(tmp_path, "run", "--", "sh", "-c", "echo begun; sleep 600") as stack:
        stack.says("begun")
        stack.signal(signal.SIGKILL)
        stack.ends()
        assert stack.all_gone()


def test_a_lock_is_held_by_whoever_inherits_it(tmp_path):
    path = tmp_path / "lock"
    held = lock_within(path, 0)
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, pass_fds=[held]):
        os.close(held)
        assert try_lock(path) is None
        with pytest.raises(OSError, match="still running"):
            lock_within(path, 0.1)
    os.close(lock_within(path, 5))


@pytest.mark.parametrize("identity", ["namespace", "nobody"])
def test_who_is_not_root_may_still_work_below_a_private_directory(tmp_path, identity):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "file").write_text("content")
    if os.geteuid() != 0:  # then there is nobody to become, and no need to
        identity = "same"
    ask = "import os, sys; print(os.geteuid(), open(sys.argv[1]).read(), os.access(sys.argv[1], os.R_OK))"
    command = Command([sys.executable, "-I", "-S", "-c", ask, str(private / "file")], identity=identity)
    told = subprocess.run(leashed(command), capture_output=True, text=True, check=True).stdout.split()
    assert told == [str(NOBODY if identity != "same" else os.geteuid()), "content", "True"]
