#include "server/steer_check.h"

#include <stdio.h>

#include "sched/choose/need.h"
#include "zones/attr.h"
#include "zones/cres.h"
#include "zones/dns_type.h"
#include "zones/zone_update.h"

bool steer_check_record(void *context, uint16_t type, const uint8_t *rdata, size_t len, char *text)
{
    const struct steer_check *check = context;
    const uint8_t *value;
    size_t value_len;
    struct need need;
    struct err_at at = {.text = ""};
    if (type != DNS_TYPE_CPOL || !cres_find(rdata, len, ATTR_KEY_need, &value, &value_len) ||
        need_parse((const char *)value, value_len, check->key, check->book, &need, &at) == 0) {
        return true;
    }
    snprintf(text, ZONE_UPDATE_TEXT, "%.*s", ZONE_UPDATE_TEXT - 1, at.text);
    return false;
}
