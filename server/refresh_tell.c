#include "server/refresh_tell.h"

#include "base/log.h"
#include "zones/dns_name.h"

enum { ADDRESS_TEXT = 64 };

void refresh_tell_fault(const struct secondary_zone *secondary, size_t primary, const char *event,
                        const char *reason)
{
    char zone[DNS_NAME_TEXT_MAX], address[ADDRESS_TEXT];
    dns_name_print(secondary->zone, zone);
    server_conf_value_print_address(&secondary->primaries[primary], address, sizeof(address));
    log_warn(event, "zone=%s primary=%s reason=%s", zone, address, reason);
}

void refresh_tell_transfer(const struct secondary_zone *secondary, size_t primary,
                           const struct zone_xfr_in_facts *facts, uint64_t ms)
{
    char zone[DNS_NAME_TEXT_MAX], address[ADDRESS_TEXT];
    dns_name_print(secondary->zone, zone);
    server_conf_value_print_address(&secondary->primaries[primary], address, sizeof(address));
    log_info("transfer_in", "zone=%s primary=%s form=%s serial=%u records=%llu octets=%llu ms=%llu",
             zone, address, facts->form == ZONE_XFR_IN_WHOLE ? "axfr" : "ixfr", facts->serial,
             (unsigned long long)facts->records, (unsigned long long)facts->octets,
             (unsigned long long)ms);
    if (facts->dropped > 0) {
        log_warn("transfer_in_dropped", "zone=%s primary=%s records=%llu text=%s", zone, address,
                 (unsigned long long)facts->dropped,
                 "out of the zone, or a second one of a type that stands alone");
    }
}

void refresh_tell_expired(const struct secondary_zone *secondary)
{
    char zone[DNS_NAME_TEXT_MAX];
    dns_name_print(secondary->zone, zone);
    log_warn("zone_expired", "zone=%s text=%s", zone, "no primary was reached for too long");
}
