/* Door: a CPOL record, as an update or a primary brings it. It is read as a service of a small zone, ranked, and every
 * type of answer is made of it; who may not win does not, and nothing is read beyond the record. */
#include <stdint.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "sched/choose/pools_keeper.h"
#include "server/find_rank.h"
#include "tests/fuzz/lib/small_zone.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW_S = 1700000000, RDATA_ROOM = 4096 };

static const char text[] =
    "@ SOA m r 7 1 2 3 60\n@ NS ns\nc CENTRE . kind=ai op=alpha region=440305 hub\n"
    "c A 192.0.2.1\nd CENTRE . kind=hpc op=beta region=europe jur=CN\nd LOC 22 0 0 N 114 0 0 E 0m\n"
    "c CNET d medium=otn rtt=5ms bw=1000\nx.data CDATA d size=5g\n"
    "$GENERATE 1-90 p$.c CRES . cpu=100 acc=a accn=$ price=$ cur=CNY per=card-h pue=1.2 watt=$\n"
    "$GENERATE 1-90 p$.c CLOAD . obs=1700000000 cpuf=$ accf=$ util=$\n"
    "q.d CRES . cpu=100\nq.d CLOAD . obs=1600000000 cpuf=1\nr.d CRES . cpu=9\n";

static struct zone *zone;
static struct pools_keeper *keeper;
static struct find_rank *rank;
static struct steer_first *first;

static void start(void)
{
    rcu_enter();
    zone = small_zone_make(text);
    keeper = pools_keeper_attach(zone);
    pools_keeper_build(keeper, zone);
    first = steer_first_create(16);
    rank = find_rank_create();
}

/* The service, and PTR records at it when the first octet says so. */
static struct zone_node *make_node(uint8_t flags, const uint8_t *rdata, size_t len)
{
    static const uint8_t name[] = "\1s\1t", members[] = "\2p7\1c\1t\0\2p8\1c\1t";
    uint8_t ready[ZONE_RR_FIXED + RDATA_ROOM];
    struct zone_node *node = zone_node_create(name, 0, 1);
    zone_node_write_rr(ready, DNS_TYPE_CPOL, 300, rdata, len);
    struct zone_node *with = zone_node_with(node, 1, DNS_TYPE_CPOL, 1, ready, ZONE_RR_FIXED + len);
    mem_free(node);
    if (!(flags & 1)) {
        return with;
    }
    zone_node_write_rr(ready, DNS_TYPE_PTR, 300, members, 8);
    zone_node_write_rr(ready + ZONE_RR_FIXED + 8, DNS_TYPE_PTR, 300, members + 8, 8);
    node = with;
    with = zone_node_with(node, 1, DNS_TYPE_PTR, 2, ready, 2 * (ZONE_RR_FIXED + 8));
    mem_free(node);
    return with;
}

static void answer(const struct steer_scene *scene, const struct zone_node *node)
{
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_PTR, DNS_TYPE_SVCB, DNS_TYPE_TXT};
    const struct steer_stick stick = {.first = first, .key = &small_zone_key, .service = 1};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct find_entry *entry = find_rank_make(rank, scene, types[i], &stick);
        bool has_members = zone_node_find(node, DNS_TYPE_PTR) != NULL;
        CHECK(entry->until_s > scene->now_s);
        CHECK(entry->piece_count <= (has_members ? 2 : NEED_TOP_MAX));
        CHECK(entry->size <= FIND_ENTRY_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err_at at = {.text = ""};
    if (!zone) {
        start();
    }
    if (size < 1 || size > RDATA_ROOM || dns_rdata_check(DNS_TYPE_CPOL, data + 1, size - 1)) {
        return 0;
    }
    struct zone_node *node = make_node(data[0], data + 1, size - 1);
    struct steer_scene scene = {.zone = zone,
                                .version = zone_version(zone),
                                .pools = pools_keeper_read(keeper),
                                .now_s = NOW_S};
    int err = steer_service(find_rank_steer(rank), &scene, node, &at);
    CHECK(steer_is_service(node));
    CHECK((err == 0) == (at.text[0] == '\0'));
    if (!err) {
        answer(&scene, node);
    }
    mem_free(node);
    rcu_quiescent();
    return 0;
}
