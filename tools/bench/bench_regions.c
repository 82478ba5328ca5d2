/* Time of one look-up in the table of networks (server/regions_table.h), by number of networks: three of four
 * addresses are in one of them, in random order. The least of many rounds is printed.
 *
 * usage: bench_regions */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/regions_table.h"

enum { ADDRESSES = 1 << 16, CHUNK = 2048, ROUNDS = 20, PLACES = 300 };

static uint64_t seed = 7;
static uint8_t addresses[ADDRESSES][16];

static uint32_t any(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(((seed >> 33) * below) >> 31);
}

static uint64_t now_ns(void)
{
    return clock_system()->mono_ns(clock_system());
}

/* /24 all over IPv4, or /48 within 2400::/16, none twice. */
static struct regions_table_row *make_rows(unsigned family, size_t count)
{
    struct regions_table_row *rows = mem_alloc(count * sizeof(*rows));
    for (size_t i = 0; i < count; i++) {
        uint32_t number = (uint32_t)(i * ((1u << 24) / count));
        struct server_conf_prefix *network = &rows[i].network;
        network->family = (uint8_t)family;
        network->bits = family == 4 ? 24 : 48;
        network->address[0] = 0x24;
        uint8_t *at = network->address + (family == 4 ? 0 : 3);
        at[0] = (uint8_t)(number >> 16);
        at[1] = (uint8_t)(number >> 8);
        at[2] = (uint8_t)number;
        rows[i].place = any(PLACES);
    }
    return rows;
}

static void make_addresses(unsigned family, const struct regions_table_row *rows, size_t count)
{
    for (size_t i = 0; i < ADDRESSES; i++) {
        memcpy(addresses[i], rows[any((uint32_t)count)].network.address, 16);
        for (size_t j = any(4) > 0 ? (family == 4 ? 3 : 6) : 0; j < (family == 4 ? 4 : 16); j++) {
            addresses[i][j] = (uint8_t)any(256);
        }
    }
}

static void measure(unsigned family, size_t count)
{
    struct regions_table_row *rows = make_rows(family, count);
    struct regions_table *table;
    size_t twice;
    uint64_t begin_ns = now_ns(), found = 0, least_ns = UINT64_MAX;
    if (regions_table_create(rows, count, family, &table, &twice)) {
        return;
    }
    uint64_t made_ns = now_ns() - begin_ns;
    make_addresses(family, rows, count);
    for (size_t i = 0; i < (size_t)ROUNDS * ADDRESSES; i += CHUNK) {
        begin_ns = now_ns();
        for (size_t j = 0; j < CHUNK; j++) {
            uint8_t scope;
            const uint8_t *address = addresses[(i + j) % ADDRESSES];
            found += regions_table_find(table, address, family == 4 ? 32 : 128, &scope) > 0;
        }
        uint64_t took_ns = now_ns() - begin_ns;
        least_ns = took_ns < least_ns ? took_ns : least_ns;
    }
    printf("IPv%u, %6zu networks: %5.1f ns a look-up, %2u %% found; made in %.2f ms\n", family,
           count, (double)least_ns / CHUNK, (unsigned)(found * 100 / ((size_t)ROUNDS * ADDRESSES)),
           (double)made_ns / 1e6);
    regions_table_destroy(table);
    mem_free(rows);
}

int main(void)
{
    static const size_t counts[] = {100, 10000, 100000};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        measure(4, counts[i]);
        measure(6, counts[i]);
    }
    return 0;
}
