#include "server/keeper_parts.h"

#include "base/mem.h"
#include "zones/dns_name.h"
#include "zones/zone_index.h"
#include "zones/zone_load.h"

enum { FILE_MAX = 0x7fffffff };

void keeper_tell_change(const struct keeper *keeper)
{
    if (keeper->notify) {
        notify_changed(keeper->notify);
    }
}

void keeper_settle_memory(struct keeper *keeper)
{
    if (keeper->has_loaded) {
        keeper->has_loaded = false;
        zone_store_settle(keeper->store);
    }
}

int keeper_load_file(struct keeper *keeper, const struct held *like, const uint8_t *name,
                     const char *path, const struct keeper_report *report, struct held *out)
{
    uint32_t wanted = like->index_wanted;
    keeper->has_loaded = true;
    *out = (struct held){.index_wanted = wanted,
                         .chooses = like->chooses,
                         .limits = like->limits,
                         .serial_policy = like->serial_policy,
                         .keep = like->keep,
                         .bounds = like->bounds};
    out->state = (struct zone_store_state){.index_max = wanted, .seq = like->state.seq};
    out->index = wanted > 0 ? zone_index_create(name, wanted) : NULL;
    struct zone_load_options options = {.key = &keeper->handle->key,
                                        .limits = like->limits,
                                        .size_max = FILE_MAX,
                                        .index = out->index,
                                        .chooses = like->chooses,
                                        .on_error = report->on_error,
                                        .context = report->context};
    int err = zone_load(path, name, &options, &out->zone);
    stat_add(keeper->stat, err ? STAT_zone_load_failed : STAT_zone_load_ok, 1);
    if (err) {
        zone_index_destroy(out->index);
    }
    return err;
}

int keeper_save(struct keeper *keeper, struct held *held, const struct keeper_report *report)
{
    int64_t now_s = keeper->clock->wall_s(keeper->clock);
    keeper->has_loaded = true;
    int err = zone_store_save(keeper->store, held->zone, &held->state, now_s);
    held->saved_version = err ? held->saved_version : zone_version(held->zone);
    held->pass_seq = 0;
    return err ? keeper_tell(report, err, NULL, zone_name(held->zone), err_text(err)) : 0;
}
