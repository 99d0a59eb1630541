"""The life of a replication group, from its creation to its end, through the loss of its primary and of the service."""

import datetime
import os
import signal
import time

import redis
from group import GROUP, describe, events, in_order, linked_replicas, primary_member, process_id, run_ids, settled, shard
from harness import wait_until
from service import REGION, connect, waiter
from traffic import Reader, Writer

SHARD = "0001"


def now():
    return datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)


def create(c, service):
    client = service.boto()
    made = client.create_replication_group(
        ReplicationGroupId=GROUP, ReplicationGroupDescription="end to end", Engine="redis", CacheNodeType="cache.t4g.micro",
        NumCacheClusters=3, AutomaticFailoverEnabled=True, MultiAZEnabled=True, Tags=[{"Key": "team", "Value": "checkout"}],
    )["ReplicationGroup"]
    c.equal("a new group is creating", made["Status"], "creating")
    waiter(client, "replication_group_available", ReplicationGroupId=GROUP)
    group = describe(client)
    c.equal("the waiter ends when the group is available", group["Status"], "available")
    c.equal("it has three members", len(group["MemberClusters"]), 3)
    c.equal("failover is enabled", (group["AutomaticFailover"], group["MultiAZ"]), ("enabled", "enabled"))
    c.equal("the ARN names region and account", group["ARN"], f"arn:aws:elasticache:{REGION}:123456789012:replicationgroup:{GROUP}")
    roles = sorted(member["CurrentRole"] for member in shard(client)["NodeGroupMembers"])
    c.equal("one primary, two replicas", roles, ["primary", "replica", "replica"])
    zones = {member["PreferredAvailabilityZone"] for member in shard(client)["NodeGroupMembers"]}
    c.check("members are spread over zones of the region", len(zones) > 1 and all(z.startswith(REGION) for z in zones), zones)
    c.equal("the aws command line sees the same", service.aws("describe-replication-groups")["ReplicationGroups"][0]["Status"], "available")
    service.aws("wait", "replication-group-available", "--replication-group-id", GROUP)
    c.equal("tags are kept", client.list_tags_for_resource(ResourceName=group["ARN"])["TagList"], [{"Key": "team", "Value": "checkout"}])
    c.equal("another region has no such group", service.boto(region="us-west-2").describe_replication_groups()["ReplicationGroups"], [])


def refusals(c, service):
    client = service.boto()
    again = dict(ReplicationGroupId=GROUP, ReplicationGroupDescription="again", CacheNodeType="cache.t4g.micro")
    c.raises("a second group of that name", "ReplicationGroupAlreadyExists", lambda: client.create_replication_group(**again))
    unknown = "ReplicationGroupNotFoundFault"
    c.raises("an unknown group", unknown, lambda: client.describe_replication_groups(ReplicationGroupId="nowhere"))
    one = dict(ReplicationGroupId="one", ReplicationGroupDescription="x", CacheNodeType="cache.t4g.micro", NumCacheClusters=1)
    c.raises("failover without a replica", "InvalidParameterCombination", lambda: client.create_replication_group(**one, AutomaticFailoverEnabled=True))
    c.raises("a wrong secret", "SignatureDoesNotMatch", lambda: service.boto(secret="x" * 40).describe_replication_groups())
    c.raises("an unknown access key", "InvalidClientTokenId", lambda: service.boto(key="AKIAIOSFODNN7UNKNOWN").describe_replication_groups())
    c.raises("an operation not carried out yet", "InvalidAction", lambda: client.describe_service_updates())
    valkey = dict(CacheClusterId="single", CacheNodeType="cache.t4g.micro", NumCacheNodes=1, Engine="valkey")
    c.raises("a lone valkey cluster", "InvalidParameterValue", lambda: client.create_cache_cluster(**valkey))


def endpoints(c, service):
    found = shard(service.boto())
    primary, reader = connect(found["PrimaryEndpoint"]), connect(found["ReaderEndpoint"])
    c.equal("primary and reader share the group's port", (found["PrimaryEndpoint"]["Port"], found["ReaderEndpoint"]["Port"]), (6379, 6379))
    primary.set("greeting", "hello")
    wait_until("the replica has the write", lambda: reader.get("greeting") == "hello", 10, 0.02)
    c.check("what the primary took is read through the reader endpoint", True)
    try:
        reader.set("greeting", "no")
        c.check("a write through the reader endpoint is refused", False)
    except redis.exceptions.ReadOnlyError as error:
        c.check("a write through the reader endpoint is refused", "read only replica" in str(error), error)
    c.equal("the primary's role", primary.info("replication")["role"], "master")
    c.equal("both replicas are online", linked_replicas(found["PrimaryEndpoint"]), 2)
    ids = run_ids(found["ReaderEndpoint"])
    c.equal("the reader endpoint spreads over both replicas", len(ids), 2)
    c.check("and not over the primary", primary.info("server")["run_id"] not in ids)
    c.equal("WAIT counts both replicas", primary.execute_command("WAIT", 2, 2000), 2)


def primary_lost(c, service):
    client = service.boto()
    found = shard(client)
    since, old = now(), primary_member(client)
    endpoint = found["PrimaryEndpoint"]
    connect(endpoint).set("steady", "yes")
    wait_until("both replicas have it", lambda: connect(endpoint).execute_command("WAIT", 2, 1000) == 2)
    writer, reader = Writer(endpoint), Reader(found["ReaderEndpoint"], "steady")
    reader.wanted = "yes"
    writer.start(), reader.start()
    time.sleep(1.5)
    pid = process_id(endpoint)
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    try:
        wait_until("writes are taken again", lambda: len(writer.acknowledged_after(killed)) > 200, 30)
        group = settled(client, 3)
        time.sleep(0.5)
    finally:
        writer.stop(), reader.stop()
    c.check("writes resumed", len(writer.acknowledged_after(killed)) > 200)
    c.check("within ten seconds", writer.longest_gap() < 10, f"{writer.longest_gap():.2f} s")
    c.check("reads went on", reader.reads > 100, reader.reads)
    c.equal("no read failed on the reader endpoint", reader.errors, [])
    c.equal("no read was wrong", reader.wrong, 0)
    lost = writer.missing()
    print(f"        writes refused for {writer.longest_gap():.2f} s; {len(writer.acknowledged)} acknowledged, {len(lost)} of them missing; {reader.reads} reads")
    resumed = set(writer.acknowledged_after(killed + 0.05))
    c.check("nothing acknowledged by the new primary is missing", not resumed & set(lost), sorted(resumed & set(lost))[:5])
    before = {number for number, when in writer.acknowledged if when < killed - 0.5}
    c.check("nothing acknowledged half a second before the loss is missing", not before & set(lost), sorted(before & set(lost))[:5])
    new = primary_member(client)
    c.check("Describe shows another primary", new and new != old, (old, new))
    c.equal("the endpoints stayed", (shard(client)["PrimaryEndpoint"], shard(client)["ReaderEndpoint"]), (endpoint, found["ReaderEndpoint"]))
    c.equal("three members are available again", len(group["NodeGroups"][0]["NodeGroupMembers"]), 3)
    c.check("another process serves the primary endpoint", process_id(endpoint) != pid)
    failover_events(c, client, since, old, new, [])
    wait_until("both replicas are online again", lambda: linked_replicas(endpoint) == 2, 30)


def failover_events(c, client, since, old, new, first):
    completed = f"Failover from primary node {old} to replica node {new} completed"
    wanted = first + [
        ("cache-cluster", old, completed),
        ("replication-group", GROUP, completed),
        ("cache-cluster", old, "Recovering cache nodes 0001"),
        ("cache-cluster", old, "Finished recovery for cache nodes 0001"),
    ]
    found = events(client, since)
    absent = in_order(found, wanted)
    # The cluster's copy of the message may be booked on the old primary or on the new one.
    if absent == wanted[len(first)]:
        wanted[len(first)] = ("cache-cluster", new, completed)
        absent = in_order(found, wanted)
    c.check("the events came in ElastiCache's order and words", absent is None, f"(without {absent}: {found})")
    called = [event for event in found if event[2].startswith("Test Failover API called")]
    c.equal("`Test Failover API called` only for TestFailover", len(called), 1 if first else 0)


def service_lost(c, service):
    client = service.boto()
    before, endpoint = describe(client), shard(client)["PrimaryEndpoint"]
    connect(endpoint).set("kept", "across")
    pids = sorted({process_id(endpoint)} | {connect(member["ReadEndpoint"]).info("server")["process_id"] for member in before["NodeGroups"][0]["NodeGroupMembers"]})
    service.kill()
    c.check("nodes answer while the service is down", connect(endpoint).get("kept") == "across")
    connect(endpoint).set("during", "outage")
    service.start()
    client = service.boto()
    after = settled(client, 3)
    c.equal("the group is described as before", without_times(after), without_times(before))
    again = sorted({connect(member["ReadEndpoint"]).info("server")["process_id"] for member in after["NodeGroups"][0]["NodeGroupMembers"]})
    c.equal("the same node processes serve it", again, pids)
    c.equal("the data is there", connect(endpoint).mget("kept", "during"), ["across", "outage"])
    c.equal("replicas stayed linked", wait_until("links", lambda: linked_replicas(endpoint), 10), 2)


def without_times(value):
    """A description without moments, which may differ by reading."""
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if "Time" not in key}
    if isinstance(value, list):
        return [without_times(inner) for inner in value]
    return value


def test_failover(c, service):
    client = service.boto()
    since, old = now(), primary_member(client)
    found = shard(client)
    writer, reader = Writer(found["PrimaryEndpoint"], "tested"), Reader(found["ReaderEndpoint"], "steady")
    writer.start(), reader.start()
    time.sleep(0.5)
    called = time.monotonic()
    client.test_failover(ReplicationGroupId=GROUP, NodeGroupId=SHARD)
    try:
        new = wait_until("another primary", lambda: (p := primary_member(client)) and p != old and p, 30)
        settled(client, 3)
        wait_until("writes are taken again", lambda: len(writer.acknowledged_after(called + 1)) > 100, 20)
    finally:
        writer.stop(), reader.stop()
    c.check("TestFailover promotes a replica", new != old, (old, new))
    c.equal("no read failed on the reader endpoint", reader.errors, [])
    print(f"        writes refused for {writer.longest_gap():.2f} s; {len(writer.missing())} of {len(writer.acknowledged)} acknowledged missing")
    failover_events(c, client, since, old, new, [("replication-group", GROUP, f"Test Failover API called for node group {SHARD}")])


def scaled(c, service):
    client = service.boto()
    client.increase_replica_count(ReplicationGroupId=GROUP, NewReplicaCount=3, ApplyImmediately=True)
    c.equal("a third replica joins", len(settled(client, 4)["MemberClusters"]), 4)
    endpoint = shard(client)["PrimaryEndpoint"]
    wait_until("it is online", lambda: linked_replicas(endpoint) == 3, 30)
    client.decrease_replica_count(ReplicationGroupId=GROUP, NewReplicaCount=1, ApplyImmediately=True)
    c.equal("two replicas leave", len(settled(client, 2)["MemberClusters"]), 2)
    c.equal("the data stayed", connect(endpoint).get("kept"), "across")
    changed = client.modify_replication_group(ReplicationGroupId=GROUP, ReplicationGroupDescription="renamed", ApplyImmediately=True)
    c.equal("the description is changed", changed["ReplicationGroup"]["Description"], "renamed")


def lone_cluster(c, service):
    client = service.boto()
    client.create_cache_cluster(CacheClusterId="lone", Engine="redis", CacheNodeType="cache.t4g.micro", NumCacheNodes=1)
    waiter(client, "cache_cluster_available", CacheClusterId="lone")
    cluster = client.describe_cache_clusters(CacheClusterId="lone", ShowCacheNodeInfo=True)["CacheClusters"][0]
    endpoint = cluster["CacheNodes"][0]["Endpoint"]
    c.check("a lone node takes writes", connect(endpoint).set("a", "b"))
    client.delete_cache_cluster(CacheClusterId="lone")
    waiter(client, "cache_cluster_deleted", CacheClusterId="lone")
    c.raises("a deleted cluster is not found", "CacheClusterNotFound", lambda: client.describe_cache_clusters(CacheClusterId="lone"))


def delete(c, service):
    client = service.boto()
    endpoint = shard(client)["PrimaryEndpoint"]
    gone = client.delete_replication_group(ReplicationGroupId=GROUP)["ReplicationGroup"]
    c.equal("a group being deleted says so", gone["Status"], "deleting")
    waiter(client, "replication_group_deleted", ReplicationGroupId=GROUP)
    c.raises("a deleted group is not found", "ReplicationGroupNotFoundFault", lambda: describe(client))
    c.equal("its members are gone", client.describe_cache_clusters()["CacheClusters"], [])
    wait_until("its processes are gone", lambda: service.processes() == [service.process.pid], 20)
    c.check("its processes are gone", True)
    try:
        connect(endpoint, socket_connect_timeout=2).ping()
        c.check("its endpoint answers no more", False)
    except redis.RedisError:
        c.check("its endpoint answers no more", True)


def stopped(c, service):
    client = service.boto()
    client.create_replication_group(
        ReplicationGroupId="brief", ReplicationGroupDescription="x", Engine="valkey", CacheNodeType="cache.t4g.micro", NumCacheClusters=2
    )
    waiter(client, "replication_group_available", ReplicationGroupId="brief")
    c.equal("SIGTERM ends the service", service.stop(), 0)
    c.equal("and its nodes", service.processes(), [])
    service.start("--leave-nodes")
    client = service.boto()
    settled(client, 2, "brief")
    nodes = [pid for pid in service.processes() if pid != service.process.pid]
    c.equal("a new start brings the nodes back", len(nodes), 2)
    service.stop()
    c.equal("with --leave-nodes they outlive the service", service.processes(), nodes)


ALL = [create, refusals, endpoints, primary_lost, service_lost, test_failover, scaled, lone_cluster, delete, stopped]
# Nothing after these makes sense when they fail.
NEEDED = {create}
