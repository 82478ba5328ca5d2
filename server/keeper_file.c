#include "server/keeper_file.h"

#include "base/log.h"
#include "server/held.h"
#include "server/held_lease.h"
#include "server/held_pools.h"
#include "server/keeper.h"
#include "server/keeper_parts.h"
#include "zones/zone_dump.h"
#include "zones/dns_serial.h"

/* Put a zone in place of the one that is held, whose journal ends; *fresh is what is given up then. */
static int replace(struct keeper *keeper, struct held *held, struct held *fresh,
                   const struct keeper_report *report)
{
    int err = keeper_save(keeper, fresh, report);
    if (!err) {
        struct held old = *held;
        fresh->leases = zone_lease_group_create(&keeper->handle->key);
        fresh->file = held->file;
        held_pools_replace(held->zone, fresh->zone);
        old.file = NULL;
        *held = *fresh;
        *fresh = old;
        keeper_publish(keeper);
    }
    return err;
}

static int commit_become(struct keeper *keeper, struct held *held,
                         const struct keeper_report *report)
{
    held_lease_end(held); /* what a file says is for good */
    int err = held_commit(held, 1, keeper->store, keeper->clock->wall_s(keeper->clock));
    return err ? keeper_tell(report, err, NULL, zone_name(held->zone), err_text(err)) : 0;
}

int keeper_import(struct keeper *keeper, const uint8_t *name, const char *path,
                  const struct keeper_report *report)
{
    struct held *held = keeper_find(keeper, name);
    if (!held) {
        return keeper_tell(report, ERR_MISSING, NULL, name, "not configured on this server");
    }
    if (held->secondary) {
        return keeper_tell(report, ERR_NOT_NOW, NULL, name, "it comes from its primary");
    }
    if (zone_is_hidden(held->zone)) {
        return keeper_tell(report, ERR_DENIED, NULL, name, "a catalog is not imported");
    }
    struct held fresh;
    int err = keeper_load_file(keeper, held, zone_name(held->zone), path, report, &fresh);
    if (err) {
        return err;
    }
    uint32_t serial = zone_serial(fresh.zone, zone_version(fresh.zone));
    if (!dns_serial_is_after(serial, zone_serial(held->zone, zone_version(held->zone)))) {
        /* secondaries see no news */
        log_warn("serial_not_raised", "file=%s serial=%u", path, serial);
    }
    err = held_become(held, fresh.zone) ? commit_become(keeper, held, report)
                                        : replace(keeper, held, &fresh, report);
    held_finish(&fresh);
    if (err) {
        return err;
    }
    keeper_tell_change(keeper);
    keeper_settle_memory(keeper);
    log_info("zone_imported", "file=%s records=%llu", path,
             (unsigned long long)zone_measure(held->zone).records);
    return 0;
}

int keeper_export(struct keeper *keeper, const uint8_t *name, FILE *out,
                  const struct keeper_report *report)
{
    const struct held *held = keeper_find(keeper, name);
    uint64_t records;
    if (!held) {
        return keeper_tell(report, ERR_MISSING, NULL, name, "not configured on this server");
    }
    int err = zone_dump(held->zone, out, &records);
    return err ? keeper_tell(report, err, NULL, name, err_text(err)) : 0;
}

int keeper_check(struct keeper *keeper, const uint8_t *name, const char *path,
                 const struct keeper_report *report, struct zone_size *out_size)
{
    const struct held *held = keeper_find(keeper, name);
    if (!held) {
        return keeper_tell(report, ERR_MISSING, NULL, name, "not configured on this server");
    }
    if (!path && !held->file) {
        return keeper_tell(report, ERR_MISSING, NULL, name, "no file is configured");
    }
    struct held fresh;
    int err = keeper_load_file(keeper, held, zone_name(held->zone), path ? path : held->file,
                               report, &fresh);
    if (err) {
        return err;
    }
    *out_size = zone_measure(fresh.zone);
    held_finish(&fresh);
    return 0;
}
