"""What a look at an account's rates means for its tenants (see `resources.reputation`, `model.tenant`)."""

from collections.abc import Sequence

from tayori.model.reputation import Subject
from tayori.model.tenant import Standing, Tenant, stand
from tayori.resources import tenants
from tayori.resources.reputation import Look
from tayori.store.engine import Tx


def settle(tx: Tx, found: Look) -> Sequence[tuple[Tenant, Standing]]:
    """Write down what becomes of each; those whose sending is allowed or paused by it."""
    changed = []
    for part in found.parts:
        if part.who.kind is not Subject.TENANT:
            continue
        tenant = tenants.find(tx, found.account_id, found.region, part.who.name.partition("/")[0])
        if tenant is None or tenant.path != part.who.name or tenant.judged_from != part.state.forgiven_at:
            continue  # deleted, or reinstated, since the look: the next one sees it
        standing = stand(tenant, part.appraisal)
        if (standing.status, standing.impact) == (tenant.status, tenant.impact):
            continue
        if tenants.settle(tx, found.account_id, found.region, tenant, standing) and (
            standing.status is not tenant.status
        ):
            changed.append((tenant, standing))
    return changed
