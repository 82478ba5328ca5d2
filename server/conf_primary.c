#include "server/conf_primary.h"

#include <string.h>

int conf_primary_check_twice(struct conf *conf, const struct server_conf_addresses *list,
                             struct err_at *at)
{
    for (size_t i = 1; i < list->count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct server_conf_address *a = &list->items[i];
            const struct server_conf_address *b = &list->items[j];
            if (a->family == b->family && a->port == b->port &&
                !memcmp(a->address, b->address, 16)) {
                return conf_blame(conf, a, at, ERR_EXISTS, "the address is given twice");
            }
        }
    }
    return 0;
}

/* What another server says is not changed here. */
int conf_primary_check(struct conf *conf, const struct conf_primary *zone, struct err_at *at)
{
    if (zone->primary->count == 0) {
        return *zone->primary_key ? conf_blame(conf, zone->primary_key, at, ERR_MISSING,
                                               "primary_key without primary")
                                  : 0;
    }
    if (zone->primary->count > SERVER_CONF_PRIMARIES_MAX) {
        return conf_blame(conf, zone->primary, at, ERR_LIMIT, "more than %d primaries",
                          SERVER_CONF_PRIMARIES_MAX);
    }
    if (*zone->index) {
        return conf_blame(conf, zone->index, at, ERR_VALUE,
                          "a zone with primary has the names that its primary writes");
    }
    if (zone->update) {
        return conf_blame(conf, zone->update, at, ERR_VALUE,
                          "a zone with primary is updated there");
    }
    if (*zone->file) {
        conf_warn(conf, zone->file, "not read: the zone comes from its primary");
    }
    return conf_primary_check_twice(conf, zone->primary, at);
}
