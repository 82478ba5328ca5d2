#include "zones/zone_serial.h"
#include "zones/dns_serial.h"

#include <stdbool.h>
#include <time.h>

static uint32_t date_serial(int64_t now_s)
{
    const time_t time = (time_t)now_s;
    struct tm tm;
    if (!gmtime_r(&time, &tm)) {
        return 0;
    }
    const unsigned date = ((unsigned)tm.tm_year + 1900) * 10000 + ((unsigned)tm.tm_mon + 1) * 100 +
                          (unsigned)tm.tm_mday;
    return date * 100;
}

static uint32_t wanted_serial(enum zone_serial_policy policy, int64_t now_s)
{
    switch (policy) {
    case ZONE_SERIAL_INCREMENT:
        break;
    case ZONE_SERIAL_UNIXTIME:
        return (uint32_t)now_s;
    case ZONE_SERIAL_DATE:
        return date_serial(now_s);
    }
    return 0;
}

uint32_t zone_serial_next(enum zone_serial_policy policy, uint32_t now_serial, int64_t now_s)
{
    const uint32_t wanted = wanted_serial(policy, now_s);
    if (wanted != 0 && dns_serial_is_after(wanted, now_serial)) {
        return wanted;
    }
    return now_serial + 1 ? now_serial + 1 : 1; /* some take 0 for "unknown" */
}
