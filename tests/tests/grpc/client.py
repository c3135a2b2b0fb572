"""A client of the gRPC health checking protocol: reads calls from stdin, and prints the answers."""

import sys
import threading

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

NAMES = health_pb2.HealthCheckResponse.ServingStatus.Name
# Else the channels of one process share a connection.
OPTIONS = [("grpc.use_local_subchannel_pool", 1)]


def connect(address, root):
    if not root:
        return grpc.insecure_channel(address, OPTIONS)
    with open(root, "rb") as file:
        credentials = grpc.ssl_channel_credentials(file.read())
    return grpc.secure_channel(address, credentials, OPTIONS)


def say(text):
    print(text, flush=True)


def watch(address, root, service, told):
    stub = health_pb2_grpc.HealthStub(connect(address, root))
    try:
        for answer in stub.Watch(health_pb2.HealthCheckRequest(service=service)):
            told(NAMES(answer.status))
        told("end OK")
    except grpc.RpcError as error:
        told("end " + error.code().name)


def crowd(address, root, count):
    """Tells how the first answer of each watcher counts."""
    answers, lock, all_there = [], threading.Lock(), threading.Event()

    def watch_one():
        first = []

        def told(text):
            if first:
                return
            first.append(text)
            with lock:
                answers.append(text)
                if len(answers) == count:
                    all_there.set()

        watch(address, root, "live", told)

    for _ in range(count):
        threading.Thread(target=watch_one, daemon=True).start()
    all_there.wait(50)
    say(" ".join(f"{answers.count(text)} {text}" for text in sorted(set(answers))))


def answer(stub, address, root, call, service):
    try:
        if call == "check":
            request = health_pb2.HealthCheckRequest(service=service)
            say(NAMES(stub.Check(request, timeout=30).status))
        elif call == "list":
            statuses = stub.List(health_pb2.HealthListRequest(), timeout=30).statuses
            say(" ".join(f"{name}={NAMES(statuses[name].status)}" for name in sorted(statuses)))
        elif call == "crowd":
            crowd(address, root, int(service))
        else:
            threading.Thread(target=watch, args=(address, root, service, say), daemon=True).start()
    except grpc.RpcError as error:
        say(error.code().name)


def main(address, root=""):
    stub = health_pb2_grpc.HealthStub(connect(address, root))
    for line in sys.stdin:
        call, _, service = line.rstrip("\n").partition(" ")
        answer(stub, address, root, call, service)


main(*sys.argv[1:])
