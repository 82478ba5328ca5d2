#include "server/world_options.h"

#include <string.h>

#include "base/mem.h"

enum { DECISECONDS = 10 };

void world_options_forget(struct world_options *options)
{
    mem_free((char *)options->identity);
    mem_free((char *)options->version);
}

void world_options_take(struct world_options *options, const struct server_conf_server *conf,
                        const uint8_t *secret)
{
    uint16_t idle_ds = options->tcp_idle_ds;
    idle_ds = idle_ds ? idle_ds : (uint16_t)(conf->tcp_idle_s * DECISECONDS);
    world_options_forget(options);
    *options = (struct world_options){
        .udp_payload = (uint16_t)conf->udp_payload,
        .tcp_idle_ds = idle_ds,
        .cookies = conf->cookies,
        .nsid = conf->nsid,
        .ecs = conf->ecs,
        .find_cache = conf->find_cache,
        .find_share = conf->find_share,
        .sig0_rate = conf->sig0_rate,
        .sig0_rate_per_address = conf->sig0_rate_per_address,
        .identity = conf->identity ? mem_text(conf->identity) : NULL,
        .version = conf->version && conf->version[0] ? mem_text(conf->version) : NULL,
    };
    secret = conf->cookie_secret.data ? conf->cookie_secret.data : secret;
    memcpy(options->cookie_secret, secret, WORLD_SECRET_LEN);
    const uint8_t *previous = conf->cookie_previous.data ? conf->cookie_previous.data : secret;
    memcpy(options->cookie_previous, previous, WORLD_SECRET_LEN);
}
