#include "server/refresh_age.h"

enum { NS_PER_S = 1000000000 };

void refresh_age_begin(struct refresh_age *age)
{
    age->is_good = false;
    age->good_ns = 0;
}

void refresh_age_ask(struct refresh_age *age, const struct clock *clock)
{
    age->asked_ns = clock->mono_ns(clock);
    age->asked_s = clock->wall_s(clock);
}

/* RFC 7314 4: the option never makes it longer than the SOA says. */
void refresh_age_note(struct refresh_age *age, uint32_t expire_s, uint32_t own_s)
{
    uint64_t good_s = expire_s < own_s ? expire_s : own_s;
    uint64_t good_ns = age->asked_ns + good_s * NS_PER_S;
    age->is_good = true;
    age->good_ns = good_ns > age->good_ns ? good_ns : age->good_ns;
    age->good_s = age->asked_s;
}

void refresh_age_keep(struct refresh_age *age)
{
    age->expires_ns = age->good_ns > age->expires_ns ? age->good_ns : age->expires_ns;
}

void refresh_age_renew(struct refresh_age *age, uint32_t expire_s, uint32_t own_s)
{
    refresh_age_begin(age); /* others spoke of the zone before */
    refresh_age_note(age, expire_s, own_s);
    age->expires_ns = age->good_ns;
}
