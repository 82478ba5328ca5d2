#include "server/notify.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop_post.h"
#include "base/loop_udp.h"
#include "base/mem.h"
#include "base/rand.h"
#include "server/notify_list.h"
#include "server/notify_sign.h"
#include "zones/dns_code.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"

enum {
    MESSAGE_MAX = 1232, /* octets: a question, one SOA and TSIG, whose names are at most 255 long */
    MAC_CONTEXTS = 64,  /* keys whose contexts are kept */
    ROUND_MAX = 64,     /* messages of one round, so that a start with many zones is no burst */
    PACE_MS = 10,       /* until the next round */
    ADDRESS_TEXT = 64,
};
#define NEVER UINT64_MAX

struct notify {
    struct loop *loop;
    const struct world_handle *world;
    struct stat_set *stat;
    uint32_t retry_ms;
    struct loop_post post;
    struct loop_timer timer;
    struct mac *mac;
    struct loop_udp udp[2]; /* IPv4, IPv6 */
    bool is_open[2];
    unsigned handles; /* open ones */
    bool is_closing;
    struct notify_list *list;
    size_t turn;      /* where the next round begins */
    uint64_t pace_ms; /* and when, not before */
    uint64_t next_ms; /* when the timer fires; NEVER: it stands still */

    bool is_asked;              /* a look is to come: atomic, set by anybody, cleared by the look */
    struct loop_post_item item; /* on its way while is_asked and not must_look */
    bool must_look;
    uint64_t look_ms; /* not before */
};

static struct notify *by_post(struct loop_post *post)
{
    return (struct notify *)(void *)((char *)post - offsetof(struct notify, post));
}

static struct notify *by_item(struct loop_post_item *item)
{
    return (struct notify *)(void *)((char *)item - offsetof(struct notify, item));
}

static void warn(const char *event, const struct notify_secondary *secondary, const char *reason)
{
    char zone[DNS_NAME_TEXT_MAX], address[ADDRESS_TEXT];
    dns_name_print(secondary->zone, zone);
    server_conf_value_print_address(&secondary->address, address, sizeof(address));
    log_warn(event, "zone=%s secondary=%s serial=%u reason=%s", zone, address, secondary->serial,
             reason);
}

/* The message; 0 when the zone has no SOA. */
static size_t write_message(const struct notify_secondary *secondary, const struct zone *zone,
                            uint64_t version, uint8_t out[MESSAGE_MAX])
{
    struct zone_records records = zone_node_records(zone_apex(zone, version), DNS_TYPE_SOA);
    struct dns_write w;
    struct zone_rr rr;
    size_t len = 0;
    if (!zone_node_next(&records.pos, records.end, &rr)) {
        return 0;
    }
    /* RFC 1996 3.6: opcode NOTIFY, AA, and the new SOA as a hint */
    dns_write_begin(&w, out, MESSAGE_MAX, secondary->id, DNS_OPCODE_NOTIFY << 11 | DNS_FLAG_AA);
    dns_write_question(&w, zone_name(zone), DNS_TYPE_SOA, DNS_CLASS_IN);
    dns_write_rr(&w, DNS_SECTION_ANSWER, zone_name(zone), DNS_TYPE_SOA, DNS_CLASS_IN, rr.ttl_s,
                 rr.rdata, rr.len);
    return dns_write_end(&w, &len) ? 0 : len;
}

/* RFC 8945: a signature has the time of the day, which the loop does not keep. */
static uint64_t unix_s(void)
{
    const struct clock *clock = clock_system();
    return (uint64_t)clock->wall_s(clock);
}

/* One try; whether it leaves or not, it counts as one. */
static void send_try(struct notify *notify, const struct world *world,
                     struct notify_secondary *secondary, const struct zone *zone, uint64_t version)
{
    uint8_t message[MESSAGE_MAX];
    struct sockaddr_storage to;
    size_t len = write_message(secondary, zone, version, message);
    secondary->hint = DNS_RCODE_NOERROR;
    if (len > 0 && secondary->is_signed &&
        !notify_sign_request(&secondary->tsig, notify->mac, rules_ring(world->rules),
                             secondary->key, unix_s(), message, &len, sizeof(message))) {
        len = 0; /* a reload takes its key: the next list is on its way */
    }
    unsigned family = secondary->address.family == 6;
    server_conf_value_fill_address(&secondary->address, &to);
    bool is_sent = len > 0 && notify->is_open[family] &&
                   loop_udp_send(&notify->udp[family], (struct sockaddr *)&to, message, len) == 0;
    stat_add(notify->stat, is_sent ? STAT_notify_sent : STAT_udp_send_error, 1);
}

/* When the secondary is to be told next: of a newer serial, or again. */
static uint64_t due_ms(const struct notify *notify, const struct notify_secondary *secondary,
                       bool is_new)
{
    uint64_t wait = is_new ? notify->list->delay_ms : NEVER;
    if (!secondary->is_told) {
        return 0;
    }
    if (secondary->tries >
        0) { /* it may be down: newer serials wait, but not until it is given up */
        uint64_t retry = notify->retry_ms;
        uint64_t doubled = retry << (secondary->tries - 1); /* RFC 1996 3.6 */
        wait = !is_new ? doubled : wait > retry ? wait : retry;
    }
    return wait == NEVER ? NEVER : secondary->sent_ms + wait;
}

/* Why there was no answer, as far as one can tell. */
static const char *silence(const struct notify_secondary *secondary)
{
    switch (secondary->hint) {
    case DNS_RCODE_NOERROR:
        return "no answer";
    case DNS_RCODE_BADSIG: /* shares its number with another error */
        return "BADSIG";
    }
    return dns_code_rcode(secondary->hint);
}

/* Tell one secondary if that is due; returns when it will be next. */
static uint64_t step(struct notify *notify, const struct world *world,
                     struct notify_secondary *secondary, uint64_t now)
{
    const struct zone *zone = zone_set_get(world->zones, secondary->zone);
    if (!zone || zone_version(zone) == 0) {
        return NEVER; /* not served yet, or no more: the next configuration is on its way */
    }
    uint64_t version = zone_version(zone);
    uint32_t serial = zone_serial(zone, version);
    bool is_new = !secondary->is_told || secondary->serial != serial;
    uint64_t due = due_ms(notify, secondary, is_new);
    if (now < due) {
        return due;
    }
    if (secondary->tries == NOTIFY_TRIES) {
        stat_add(notify->stat, STAT_notify_failed, 1);
        warn("notify_failed", secondary, silence(secondary));
        secondary->tries = 0;
        if (!is_new) {
            return NEVER;
        }
    }
    if (is_new || secondary->tries == 0) { /* a late answer to an older serial does not count */
        secondary->id = (uint16_t)rand_u64(rand_system());
    }
    secondary->serial = serial;
    secondary->is_told = true;
    secondary->tries++;
    secondary->sent_ms = now;
    send_try(notify, world, secondary, zone, version);
    return due_ms(notify, secondary, false);
}

/* All secondaries, some messages at a time; returns when to come back. */
static uint64_t step_all(struct notify *notify, uint64_t now)
{
    const struct world *world = rcu_read(notify->world->now);
    struct notify_list *list = notify->list;
    uint64_t next = NEVER;
    unsigned sent = 0;
    for (size_t n = 0; n < list->count; n++) {
        struct notify_secondary *secondary = &list->items[notify->turn];
        uint64_t due = step(notify, world, secondary, now);
        next = due < next ? due : next;
        notify->turn = (notify->turn + 1) % list->count;
        sent += secondary->sent_ms == now && secondary->tries > 0;
        if (sent == ROUND_MAX) {
            notify->pace_ms = now + PACE_MS;
            return notify->pace_ms;
        }
    }
    return next;
}

static void wake_at(struct notify *notify, uint64_t at_ms)
{
    uint64_t now = loop_now_ms(notify->loop);
    if (at_ms < notify->next_ms) {
        notify->next_ms = at_ms;
        loop_timer_start(&notify->timer, at_ms > now ? at_ms - now : 0, 0);
    }
}

static void look(struct notify *notify)
{
    uint64_t now = loop_now_ms(notify->loop);
    if (!notify->list) {
        return; /* what was asked is answered with the first list */
    }
    notify->next_ms = NEVER;
    loop_timer_stop(&notify->timer);
    if (notify->must_look && now >= notify->look_ms) {
        notify->must_look = false;
        notify->look_ms = now + notify->list->delay_ms;
        /* before the serials are read: who changes one later asks again */
        (void)__atomic_exchange_n(&notify->is_asked, false, __ATOMIC_ACQ_REL);
    } else if (notify->must_look) {
        wake_at(notify, notify->look_ms);
    }
    wake_at(notify, now < notify->pace_ms ? notify->pace_ms : step_all(notify, now));
}

/* After its answer: the serial may have moved on meanwhile. All others are as they were. */
static void look_at(struct notify *notify, struct notify_secondary *secondary)
{
    const struct world *world = rcu_read(notify->world->now);
    wake_at(notify, step(notify, world, secondary, loop_now_ms(notify->loop)));
}

static void on_timer(struct loop_timer *timer)
{
    look(timer->context);
}

static void run_changed(struct loop_post_item *item)
{
    struct notify *notify = by_item(item);
    notify->must_look = true;
    if (!notify->is_closing) {
        look(notify);
    }
}

void notify_changed(struct notify *notify)
{
    if (!__atomic_exchange_n(&notify->is_asked, true, __ATOMIC_ACQ_REL)) {
        loop_post_send(&notify->post, &notify->item);
    }
}

static void run_list(struct loop_post_item *item)
{
    struct notify_list *list = (struct notify_list *)(void *)item; /* item is the first member */
    struct notify *notify = list->notify;
    if (notify->is_closing) {
        mem_free(list);
        return;
    }
    if (list->goes_on && notify->list) {
        notify_list_carry_over(notify->list, list);
    }
    mem_free(notify->list);
    notify->list = list;
    notify->turn = 0;
    look(notify);
}

static void post_list(struct notify *notify, const struct server_conf *conf, bool goes_on)
{
    struct notify_list *list = notify_list_create(conf);
    list->item.run = run_list;
    list->notify = notify;
    list->goes_on = goes_on;
    if (!loop_post_send(&notify->post, &list->item)) {
        mem_free(list);
    }
}

void notify_configure(struct notify *notify, const struct server_conf *conf)
{
    post_list(notify, conf, false);
}

void notify_follow(struct notify *notify, const struct server_conf *conf)
{
    post_list(notify, conf, true);
}

static bool is_from(const struct server_conf_address *address, const struct sockaddr *from)
{
    struct sockaddr_storage storage;
    server_conf_value_fill_address(address, &storage);
    if (from->sa_family != storage.ss_family) {
        return false;
    }
    if (address->family == 4) {
        const struct sockaddr_in *a = (const struct sockaddr_in *)(const void *)from;
        const struct sockaddr_in *b = (const struct sockaddr_in *)&storage;
        return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
    }
    const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)(const void *)from;
    const struct sockaddr_in6 *b = (const struct sockaddr_in6 *)&storage;
    return a->sin6_port == b->sin6_port &&
           memcmp(&a->sin6_addr, &b->sin6_addr, sizeof(a->sin6_addr)) == 0;
}

/* Who was waited for, if a message is an answer: of this address, to this ID and zone (RFC 1996
 * 4.8); NULL for everything else that comes. */
static struct notify_secondary *find_answered(struct notify *notify, const struct sockaddr *from,
                                              const uint8_t *data, size_t len, uint16_t *out_rcode)
{
    struct rd rd = rd_make(data, len);
    struct dns_header header;
    struct dns_question question = {.name_len = 0};
    if (dns_read_header(&rd, &header) || !(header.flags & DNS_FLAG_QR) ||
        dns_read_opcode(header.flags) != DNS_OPCODE_NOTIFY ||
        (header.count[DNS_SECTION_QUESTION] > 0 && dns_read_question(&rd, &question))) {
        return NULL;
    }
    *out_rcode = header.flags & 0xf;
    for (size_t i = 0; notify->list && i < notify->list->count; i++) {
        struct notify_secondary *secondary = &notify->list->items[i];
        /* an error may come without the question */
        bool is_it = secondary->tries > 0 && secondary->id == header.id &&
                     is_from(&secondary->address, from) &&
                     (question.name_len == 0 || dns_name_equal(question.name, secondary->zone));
        if (is_it) {
            return secondary;
        }
    }
    return NULL;
}

/* RFC 8945 5.4: what is not signed as it should be is not believed; the right answer may still come. */
static bool is_proven(struct notify *notify, struct notify_secondary *secondary,
                      const uint8_t *data, size_t len)
{
    const struct world *world = rcu_read(notify->world->now);
    return notify_sign_is_answer(&secondary->tsig, notify->mac, rules_ring(world->rules),
                                 secondary->key, unix_s(), data, len, &secondary->hint);
}

static void on_message(struct loop_udp *udp, const struct sockaddr *from, const uint8_t *data,
                       size_t len)
{
    struct notify *notify = udp->context;
    uint16_t rcode;
    struct notify_secondary *secondary = find_answered(notify, from, data, len, &rcode);
    if (!secondary || (secondary->is_signed && !is_proven(notify, secondary, data, len))) {
        return;
    }
    bool is_refusal = rcode != DNS_RCODE_NOERROR;
    stat_add(notify->stat, is_refusal ? STAT_notify_refused : STAT_notify_answered, 1);
    bool is_news = secondary->rcode != rcode;
    secondary->rcode = rcode;
    secondary->tries = 0;
    if (is_refusal && is_news) { /* said once: it will be so at every change */
        warn("notify_refused", secondary, dns_code_rcode(rcode));
    }
    look_at(notify, secondary);
}

static void handle_closed(struct notify *notify)
{
    if (--notify->handles == 0) {
        mem_free(notify->list);
        mac_destroy(notify->mac);
        mem_free(notify);
    }
}

static void udp_closed(struct loop_udp *udp)
{
    handle_closed(udp->context);
}

static void post_closed(struct loop_post *post)
{
    handle_closed(by_post(post));
}

static void timer_closed(struct loop_timer *timer)
{
    handle_closed(timer->context);
}

/* Any port, as a client has it; a machine may lack one of the families. */
static int open_sockets(struct notify *notify)
{
    static const struct loop_udp_hooks hooks = {on_message, udp_closed};
    static const sa_family_t families[2] = {AF_INET, AF_INET6};
    int err = 0;
    for (unsigned i = 0; i < 2; i++) {
        struct sockaddr_storage any = {.ss_family = families[i]};
        int now =
            loop_udp_open(&notify->udp[i], notify->loop, (struct sockaddr *)&any, &hooks, notify);
        notify->is_open[i] = now == 0;
        notify->handles += notify->is_open[i];
        err = now ? now : err;
    }
    return notify->is_open[0] || notify->is_open[1] ? 0 : err;
}

int notify_create(struct loop *loop, const struct world_handle *world, struct stat_set *stat,
                  uint32_t retry_ms, struct notify **out_notify)
{
    struct notify *notify = mem_alloc(sizeof(*notify));
    notify->loop = loop;
    notify->world = world;
    notify->stat = stat;
    notify->retry_ms = retry_ms;
    notify->next_ms = NEVER;
    notify->item.run = run_changed;
    notify->mac = mac_create(MAC_CONTEXTS);
    int err = loop_post_open(&notify->post, loop);
    if (err) {
        mac_destroy(notify->mac);
        mem_free(notify);
        return err;
    }
    loop_timer_init(&notify->timer, loop, on_timer, notify);
    notify->handles = 2;
    err = open_sockets(notify);
    if (err) {
        notify_destroy(notify);
        return err;
    }
    *out_notify = notify;
    return 0;
}

void notify_destroy(struct notify *notify)
{
    if (!notify) {
        return;
    }
    notify->is_closing = true;
    loop_post_close(&notify->post, post_closed);
    loop_timer_close(&notify->timer, timer_closed);
    for (unsigned i = 0; i < 2; i++) {
        if (notify->is_open[i]) {
            loop_udp_close(&notify->udp[i]);
        }
    }
}
