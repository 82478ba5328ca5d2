#include "server/notify_list.h"

#include <string.h>

#include "base/mem.h"

static void fill(struct notify_secondary *secondary, const struct server_conf_zone *zone,
                 const struct server_conf_address *address)
{
    memcpy(secondary->zone, zone->name, dns_name_len(zone->name));
    secondary->address = *address;
    secondary->is_signed = zone->notify_key != NULL;
    if (zone->notify_key) {
        memcpy(secondary->key, zone->notify_key, dns_name_len(zone->notify_key));
    }
}

struct notify_list *notify_list_create(const struct server_conf *conf)
{
    size_t count = 0;
    for (size_t i = 0; i < conf->zones.count; i++) {
        count += conf->zones.items[i].notify.count;
    }
    struct notify_list *list = mem_alloc(sizeof(*list) + count * sizeof(list->items[0]));
    list->delay_ms = conf->server.notify_delay;
    for (size_t i = 0; i < conf->zones.count; i++) {
        const struct server_conf_zone *zone = &conf->zones.items[i];
        for (size_t j = 0; j < zone->notify.count; j++) {
            fill(&list->items[list->count++], zone, &zone->notify.items[j]);
        }
    }
    return list;
}

void notify_list_carry_over(const struct notify_list *from, struct notify_list *to)
{
    size_t at = 0;
    for (size_t i = 0; i < to->count; i++) {
        struct notify_secondary *secondary = &to->items[i];
        while (at < from->count && dns_name_compare(from->items[at].zone, secondary->zone) < 0) {
            at++;
        }
        for (size_t j = at; j < from->count && dns_name_equal(from->items[j].zone, secondary->zone);
             j++) {
            if (!memcmp(&from->items[j].address, &secondary->address, sizeof(secondary->address))) {
                *secondary = from->items[j];
                break;
            }
        }
    }
}
