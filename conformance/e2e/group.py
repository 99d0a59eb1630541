"""What the scenarios ask about a replication group."""

from harness import wait_until
from service import connect

GROUP = "orders"


def describe(client, group=GROUP):
    return client.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]


def shard(client, group=GROUP):
    return describe(client, group)["NodeGroups"][0]


def members(client, group=GROUP):
    return shard(client, group)["NodeGroupMembers"]


def primary_member(client, group=GROUP):
    """The id of the cache cluster whose role is primary, or None while there is none or more than one."""
    found = [member["CacheClusterId"] for member in members(client, group) if member.get("CurrentRole") == "primary"]
    return found[0] if len(found) == 1 else None


def process_id(endpoint):
    return connect(endpoint).info("server")["process_id"]


def run_ids(endpoint, connections=12):
    """Which nodes answer on an endpoint, over some connections."""
    return {connect(endpoint).info("server")["run_id"] for _ in range(connections)}


def settled(client, nodes, group=GROUP):
    """Waits until the group is available with this many available members, exactly one of them primary."""

    def holds():
        found = describe(client, group)
        if found["Status"] != "available":
            return None
        own = found["NodeGroups"][0]["NodeGroupMembers"]
        clusters = [client.describe_cache_clusters(CacheClusterId=member["CacheClusterId"])["CacheClusters"][0] for member in own]
        available = all(cluster["CacheClusterStatus"] == "available" for cluster in clusters)
        return found if len(own) == nodes and available and primary_member(client, group) else None

    return wait_until(f"{group} is available with {nodes} members", holds, 60, 0.2)


def linked_replicas(endpoint):
    """Replicas in the state online, as the primary sees them."""
    info = connect(endpoint).info("replication")
    return sum(1 for key, value in info.items() if key.startswith("slave") and isinstance(value, dict) and value.get("state") == "online")


def events(client, since):
    """(source type, source id, message) of the events since a moment, oldest first."""
    found = client.describe_events(StartTime=since, MaxRecords=100)["Events"]
    if len(found) > 1 and found[0]["Date"] > found[-1]["Date"]:
        found = found[::-1]
    return [(event["SourceType"], event["SourceIdentifier"], event["Message"]) for event in found]


def in_order(found, wanted):
    """The first of `wanted` that does not come after the one before it, or None."""
    at = 0
    for event in wanted:
        try:
            at = found.index(event, at) + 1
        except ValueError:
            return event
    return None
