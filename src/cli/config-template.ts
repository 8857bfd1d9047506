/**
 * The configuration `sallyport init` writes: every setting with its default and a word on why one would change it.
 */
export const configTemplate = `# Sallyport configuration. Check it with: sallyport doctor
# Unknown keys and every other problem are errors, so a typo cannot switch a protection off.
version: 1

# Keys, database, audit log and recordings. Only Sallyport's own account may read it (mode 0700).
state_directory: .sallyport

# What agents may do. Check it with: sallyport policy check policies/default.yaml
policy: policies/default.yaml
# tools: [policies/tools]               # directories with descriptions of your own tools

ssh:
  # Where agents connect. 0.0.0.0:2222 listens on every address.
  listen: 127.0.0.1:2222
  # limits:                              # against hostile or broken clients; these are the defaults
  #   login_grace: 20s                   # a connection that has not logged in by then is closed
  #   max_auth_tries: 6
  #   max_unauthenticated: 200           # connections before login, in total
  #   max_unauthenticated_per_address: 50   # agents behind one address connect in parallel
  #   max_sessions_per_agent: 50
  #   max_channels_per_session: 10
  #   max_channels_per_agent: 100
  #   max_command_bytes: 64KiB
  #   idle: 30m                          # a connection without any command is closed
  #   max_session: 12h
  #   keepalive: 15s
  #   keepalive_count: 4
  #   rekey_bytes: 1GiB
  #   rekey_after: 1h

web:
  # Review pages, console and API. Over a network: own certificate (tls), or a TLS proxy in front, named below.
  listen: 127.0.0.1:8080
  # public_url: https://sallyport.example.com    # what the links in mails start with
  # trusted_proxies: [10.0.0.7]                  # whose X-Forwarded-For is believed; needed for fair limits behind one
  # tls: { cert_file: web.pem, key_file: web.key }   # own certificate instead of a proxy; a renewed one is taken at once
  # oidc:                                # sign in with the company's login service (OpenID Connect)
  #   issuer: https://login.example.com
  #   client_id: sallyport               # register PUBLIC_URL/sign-in/oidc/callback as its redirect address
  #   client_secret_file: oidc-secret    # mode 0600; or client_secret_env: NAME_OF_A_VARIABLE
  #   claim: email                       # holds the reviewer's address; counts only with email_verified: true

# Without mail nobody is told that a command waits (the API and the console still show it).
# smtp:
#   host: smtp.example.com
#   security: starttls                   # starttls, tls, or none (only for a relay on this machine)
#   from: Sallyport <sallyport@example.com>
#   account: sallyport
#   password_file: smtp-password         # mode 0600; or password_env: NAME_OF_A_VARIABLE
#   ca_file: mail-ca.pem                 # believed instead of the public ones, for a mail server with your own certificate
#   dkim: { domain: example.com, selector: sallyport, key_file: dkim.pem }   # only if the mail server does not sign

# Places several people look at. They are told that a command waits, with a link to the console, which needs a sign-in.
# Addresses and tokens are secrets: files of mode 0600, or url_env, secret_env, token_env: NAME_OF_A_VARIABLE.
# notify:
#   - { name: ops, kind: ntfy, url_file: ntfy-topic-url, token_file: ntfy-token, groups: [sre] }   # no groups: every hold
#   - { name: sre-room, kind: slack, url_file: slack-webhook-url }   # decide there: see "Deciding in Slack" in the README
#   - { name: dba-room, kind: teams, url_file: teams-workflow-url, groups: [dba] }
#   - { name: pager, kind: webhook, url_file: pager-url, secret_file: pager-secret, allow_private: true }   # on our own network
#     (for a webhook also, to hear what became of a hold: events: [hold.approved, hold.rejected, hold.expired])

# When people and channels are told. Somebody with hours is told in them, and at any hour while on call; without hours,
# always. Where that leaves nobody, everybody is told. Who may decide does not depend on it.
# schedules:
#   - name: sre-oncall
#     timezone: Europe/Berlin
#     rotation: [maya, jo]               # one week each
#     handover: mon 09:00
#     starts: 2026-11-30                 # the day on which the first one takes over
# (and for each of them, under reviewers, and for channels, under notify:)
#     hours: { timezone: Europe/Berlin, days: mon-fri, from: "09:00", to: "18:00" }

# Where holds wait. embedded is one file in the state directory, for one Sallyport. Several share a Redis (6.2 or
# newer, appendonly yes) or Valkey; they also need the same keys:
# see "From one node to three" in the README.
# store: { url: rediss://sallyport@redis.example.com, password_file: redis-password }   # ca_file: for a CA of your own
#        replicas: 2 wants every change on so many before it counts; without it on one, when there is any at the start.
#        Sentinel: rediss+sentinel://HOST,HOST,HOST/NAME. Cluster: rediss+cluster://HOST,HOST. Without TLS: redis…
#        sentinel: { account: lookout, password_file: sentinel-password } is what the sentinels themselves want
# node: gate-1                           # how the others call this one in the list of open sessions; else its host name

# How long a hold waits, the policy says (review: { expires_in: 15m }); nobody answered means: not run.
holds:
  grant: 30m                             # how long an approval waits for an agent that left
  max_pending_per_agent: 20              # over a limit the agent is told to come back later; nobody else is affected
  max_per_hour_per_agent: 120
  max_size: 256KiB                       # of command, stdin and environment together
  respelling:                            # the same again, or in another form, after a rejection
    within: 30m
    lock_after: 3                        # then the agent is locked: sallyport agent unlock NAME; 0 locks nobody

# The only exception from a rule's groups and number of people: one member of this group approves alone, once, with a
# reason of so many characters. Everybody under reviewers and notify is told, and it stays marked. Owners never.
# break_glass: { group: incident, min_reason: 20 }

# pool:                                  # connections towards targets
#   max_channels_per_connection: 10      # sshd's MaxSessions
#   max_connections_per_target: 20
#   connect_timeout: 10s
#   idle_close: 5m
#   keepalive: 15s

# People who decide. sallyport reviewer add maya --email maya@example.com --group sre
reviewers: []
#  - name: maya
#    email: maya@example.com
#    groups: [sre]
#    roles: [reviewer]                   # reviewer (the default), auditor, admin
#    api_tokens: []                      # sallyport reviewer token maya --purpose "CI dashboard" --scope holds:read

# Machines. sallyport target add web-1 --host 10.0.0.5 --account deploy --key-file keys/web-1
# fetches the host key and shows its fingerprint before it is pinned.
targets: []
#  - name: web-1
#    host: 10.0.0.5
#    host_key: ssh-ed25519 AAAA…
#    shell: bash                         # bash, posix, busybox or unknown: which grammar its login shell reads
#    labels: { env: prod }
#    accounts:
#      deploy: { key_file: keys/web-1, home: /home/deploy }

# Who may connect. sallyport agent add builder --owner maya --by maya --key-file builder.pub --target web-1=deploy
# The owner answers for the agent and cannot approve its commands; nor can whoever put in its keys.
agents: []
#  - name: builder
#    owner: maya
#    keys: [ssh-ed25519 AAAA…]
#    keys_changed_by: [sam]              # written by sallyport agent; they cannot approve its commands either
#    expires: 2027-01-31
#    labels: { team: web }
#    targets: { web-1: [deploy] }
`;
