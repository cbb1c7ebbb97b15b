"""Asks the simulated Resource Manager through Azure's own Python SDK and prints what it was told as one line of JSON."""
import json
import sys

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.compute import ComputeManagementClient

endpoint, subscription, group, uniform, flexible = sys.argv[1:]


class Nobody:
    def get_token(self, *scopes, **options):
        return AccessToken("none", 4102444800)


# The SDK's own policy refuses to send a token over plain http.
client = ComputeManagementClient(
    Nobody(), subscription, base_url=endpoint, authentication_policy=SansIOHTTPPolicy(), polling_interval=0.05
)
sets, members, machines = (
    client.virtual_machine_scale_sets,
    client.virtual_machine_scale_set_vms,
    client.virtual_machines,
)
told = {}

told["sets"] = [one.name for one in sets.list_all()]
told["inGroup"] = len(list(sets.list(group)))

one = sets.get(group, uniform)
told["set"] = [one.sku.capacity, one.orchestration_mode, one.provisioning_state, one.tags["firedrill"]]
told["view"] = [status.code for status in sets.get_instance_view(group, uniform).statuses]

before = list(members.list(group, uniform, expand="instanceView"))
told["members"] = [
    [each.instance_id, each.vm_id, each.instance_view.vm_health.status.code, each.storage_profile.image_reference.exact_version]
    for each in before
]
told["member"] = members.get(group, uniform, before[0].instance_id).vm_id

named = "'virtualMachineScaleSet/id' eq '%s'" % sets.get(group, flexible).id
told["machines"] = [each.name for each in machines.list(group, filter=named)]
told["machine"] = machines.get(group, told["machines"][0], expand="instanceView").instance_view.statuses[-1].code

place = sets.get(group, uniform).location
gallery, community, shared = (
    client.gallery_image_versions,
    client.community_gallery_image_versions,
    client.shared_gallery_image_versions,
)
told["images"] = [
    [each.name for each in gallery.list_by_gallery_image(group, "images", uniform)],
    gallery.get(group, "images", uniform, "1.0.1").provisioning_state,
    [each.name for each in community.list(place, "images-of-others", "community")],
    [each.name for each in shared.list(place, "images-of-others", "shared")],
    [each.name for each in client.virtual_machine_images.list(place, "canonical", "ubuntu-market", "server")],
    client.virtual_machine_images.get(place, "canonical", "ubuntu-market", "server", "1.0.1").hyper_v_generation,
]
upgrades = client.virtual_machine_scale_set_rolling_upgrades
told["upgrade"] = upgrades.get_latest(group, "upgrading").running_status.code

sets.begin_delete_instances(group, uniform, {"instance_ids": [before[0].instance_id]}).result()
told["afterDeletion"] = [sets.get(group, uniform).sku.capacity, len(list(members.list(group, uniform)))]

grown = sets.begin_update(group, uniform, {"sku": {"name": one.sku.name, "capacity": one.sku.capacity}}).result()
told["afterUpdate"] = [grown.sku.capacity, [each.vm_id for each in members.list(group, uniform)]]

stale = {"sku": {"name": one.sku.name, "capacity": one.sku.capacity + 1}}
try:
    sets.begin_update(group, uniform, stale, headers={"If-Match": '"older"'}).result()
except HttpResponseError as error:
    told["stale"] = error.status_code
members.begin_delete(group, uniform, members.list(group, uniform).next().instance_id).result()
told["afterMember"] = [sets.get(group, uniform).sku.capacity, len(list(members.list(group, uniform)))]

machines.begin_delete(group, told["machines"][0]).result()
told["machinesAfter"] = [each.name for each in machines.list(group, filter=named)]

try:
    sets.begin_update(group, flexible, {"sku": {"name": one.sku.name, "capacity": 9}}).result()
except HttpResponseError as error:
    told["failure"] = str(error.message)
try:
    sets.get(group, "nowhere")
except HttpResponseError as error:
    told["missing"] = [error.status_code, error.error.code]
try:
    upgrades.get_latest(group, uniform)
except HttpResponseError as error:
    told["noUpgrade"] = error.status_code

print(json.dumps(told))
