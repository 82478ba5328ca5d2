/* Door: whatever comes to port 53. Each message is asked over UDP and over TCP of a small zone that
 * has every shape an answer can take; what goes out must be a message that can be read, of an allowed
 * size, for this question. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/rcu.h"
#include "sched/choose/pools_keeper.h"
#include "server/query.h"
#include "server/stat.h"
#include "server/world.h"
#include "tests/fuzz/lib/small_zone.h"
#include "zones/dns_code.h"
#include "zones/dns_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] =
    "@ SOA m r 7 1 2 3 60\n@ NS ns\n@ NS ns.cut\nns A 192.0.2.1\nns AAAA 2001:db8::1\n"
    "a A 192.0.2.2\na TXT x\na TXT y\n*.w TXT wild\n*.v CNAME a\nalias CNAME a\nloop CNAME pool\n"
    "pool CNAME loop\nd DNAME e\nx.e A 192.0.2.3\ne.e DNAME d\ncut NS ns.cut\ncut NS ns\n"
    "cut DS 1 13 2 00\nns.cut A 192.0.2.4\nmail MX 10 a\ns SRV 0 0 1 a\nb SVCB 1 .\nb A 192.0.2.5\n"
    "h HTTPS 0 b\nbrowse PTR p.c\nc CENTRE . kind=ai\np.c CRES . cpu=4\np.c CLOAD . obs=1\n"
    "q.c CRES . cpu=8\nq.c CLOAD . obs=1700000000 cpuf=4\nq.c A 192.0.2.9\nsvc CPOL . top=2\n"
    "req CNAME cpu-2.find\n"
    "ent.ent.ent TXT x\nu TYPE65280 \\# 3 010203\n$GENERATE 1-40 big A 192.0.2.$\n"
    "$GENERATE 1-20 far SRV 0 0 $ long-target-name-$.of.this.zone\n";

static struct world_handle handle;
static struct clock_fake now;
static struct stat_registry *registry;
static struct query_worker *worker;

static void start(void)
{
    rcu_enter();
    struct zone *zone = small_zone_make(text);
    pools_keeper_build(pools_keeper_attach(zone), zone);
    struct world_options options = {.udp_payload = 1232,
                                    .cookies = true,
                                    .nsid = true,
                                    .identity = "fuzz",
                                    .version = "1",
                                    .find_share = 100};
    handle.key = small_zone_key;
    world_publish(&handle, &options, zone_set_create(&zone, 1, &small_zone_key), NULL);
    zone_unref(zone);
    clock_fake_init(&now, 1700000000);
    registry = stat_registry_create();
    worker = query_worker_create(&handle, stat_registry_add(registry), &now.clock);
}

static void check_answer(const uint8_t *data, const uint8_t *out, size_t len, size_t most)
{
    struct dns_message message;
    struct dns_rr rr;
    CHECK(len >= DNS_HEADER_LEN && len <= most);
    CHECK(memcmp(out, data, 2) == 0 && (out[2] & 0xf8) == (0x80 | (data[2] & 0x78)));
    CHECK(dns_read_message(&message, out, len) == 0);
    while (dns_read_message_next(&message, &rr)) {
    }
    CHECK(message.rd.err == 0);
}

static void ask(const uint8_t *data, size_t size, enum query_transport transport)
{
    static uint8_t out[DNS_MESSAGE_MAX];
    struct query_peer peer = {.transport = transport,
                              .family = size % 2 ? 4 : 6, /* both, by chance */
                              .port = 53};
    size_t room = transport == QUERY_UDP ? 4096 : sizeof(out);
    size_t len = query_handle(worker, &peer, data, size, out, room);
    bool is_silent = size < DNS_HEADER_LEN || (data[2] & 0x80);
    CHECK((len == 0) == is_silent);
    if (len > 0) {
        check_answer(data, out, len, transport == QUERY_UDP ? 1232 : sizeof(out));
    }
    rcu_quiescent();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!registry) {
        start();
    }
    if (size <= DNS_MESSAGE_MAX) {
        ask(data, size, QUERY_UDP);
        ask(data, size, QUERY_TCP);
    }
    return 0;
}
