/**
 * Where programs keep what somebody could log in, decrypt or pay with; what is read here has the effect `identity`.
 *
 * Names are those that the programs themselves choose. What projects call their files (`database.yml`, `settings.py`) is
 * not here: output is masked, and a policy can name them.
 */

const browsersAndDesktops: readonly string[] = [
  '**/.config/{google-chrome,google-chrome-beta,chromium,BraveSoftware,microsoft-edge,vivaldi,opera}/**',
  '**/{.mozilla,.thunderbird,.librewolf,.waterfox,.purple,.putty,.electrum,.ethereum,.bitcoin}/**',
  '**/snap/{firefox,chromium,brave,opera}/**',
  '**/.var/app/*/{.mozilla,config}/**',
  '**/Library/{Keychains,Cookies}/**',
  '**/Library/Application Support/{Google,Firefox,BraveSoftware,Microsoft Edge}/**',
  '**/{logins.json,key3.db,key4.db,cookies.sqlite,signons.sqlite,wallet.dat,Login Data}',
  '**/.gnome2/keyrings/**',
  '**/.local/share/{kwalletd,gnome-keyring}/**',
  '**/.config/{Bitwarden,Bitwarden CLI,keepassxc,Slack,slack,discord,Signal,filezilla,FileZilla,remmina}/**',
  '**/.config/{Code,Code - Insiders,Cursor,VSCodium}/User/globalStorage/**',
];

const clients: readonly string[] = [
  '**/.config/{glab-cli,tea,hcloud,linode-cli,heroku,stripe,ngrok,netlify,borg,restic,sops,solana,msmtp,github-copilot}/**',
  '**/.config/{pypoetry,uv,NuGet,flyctl,configstore,anthropic,s3cmd,age,tsh}/**',
  '**/.config/{openai,goose,aichat,opencode,crush,scw,aliyun,exercism,chezmoi,nix}/**',
  '**/.config/{1Password,keybase,aerc,openstack,argocd,tigervnc,io.datasette.llm}/**',
  '**/.config/Yubico/u2f_keys',
  '**/.config/helm/{registry/**,repositories.yaml}',
  '**/.config/fish/fish_variables',
  '**/.config/nushell/history.*',
  '**/.local/share/{uv/credentials,com.vercel.cli,jupyter/runtime,atuin,opencode,goose,crush}/**',
  '**/.local/share/{gem/credentials,lpass/**,nushell/history.*,caddy/acme/**}',
  '**/.local/state/nvim/shada/**',
  '**/{.lastpass,.lego,.acme.sh,.yubico,.twilio-cli,.okta,.argocd,.getmail,.irssi,.weechat,.signify,.vnc}/**',
  '**/{.zsh_sessions,.bash_sessions,.ipython}/**',
  '**/.jenkins/{secrets/**,credentials.xml}',
  '**/{.circleci/cli.yml,.travis/config.yml,.android/adbkey,.bazaar/authentication.conf,.streamlit/secrets.toml}',
  '**/.cache/huggingface/stored_tokens',
  '**/{.oci,.heroku,.vercel,.wrangler,.ngrok2,.cloudflared,.kaggle,.snowsql,.influxdbv2,.openai,.talos,.tsh,.age}/**',
  '**/{.aliyun,.scw,.tccli,.bluemix,.cf,.railway,.expo,.supabase,.render,.netlify,.codeium,.qwen,.vault,.davfs2,.mongodb}/**',
  '**/{.gitlab-runner,.buildkite-agent}/**',
  '**/.cursor/mcp.json',
  '**/.codex/config.toml',
  '**/.bundle/config',
  '**/.credentials{,_rsaparams}',
  '**/.subversion/auth/**',
  '**/.nuget/NuGet/NuGet.Config',
  '**/.step/secrets/**',
  '**/.minikube/{ca.key,client.key,machines/**}',
  '**/.{sbt,ivy2}/.credentials',
  '**/.m2/settings-security.xml',
  '**/.jupyter/**',
  '**/.dbt/profiles.yml',
  '**/.mc/config.json',
  '**/.gemini/oauth_creds.json',
  '**/.{rclone.conf,dockercfg,dockerconfigjson,databrickscfg,passwd-s3fs,claude.json,condarc,bigqueryrc,dbshell}',
  '**/.{msmtprc,mbsyncrc,offlineimaprc,fetchmailrc,erlang.cookie,consul-token,nomad-token,viminfo,lesshst,envrc}',
  '**/.{aider.conf.yml,mongorc.js,yarnrc,pgpass.conf}',
  '**/.{authinfo,authinfo.gpg,google_authenticator,vultr-cli.yaml,sentryclirc,p4tickets,cvspass,arcrc,saml2aws}',
  '**/.{cqlshrc,pg_service.conf,odbc.ini,mongoshrc.js,Rhistory,histfile,ICEauthority,psa.shadow}',
  '**/.restic*',
];

const files: readonly string[] = [
  '**/{credentials,secrets,secret,client_secret,service-account,service_account,serviceaccount}.{json,yml,yaml,toml}',
  '**/{client_secret,service-account,service_account}*.json',
  '**/{application_default_credentials,auth,oauth_creds}.json',
  '**/{credentials.yml.enc,kubeconfig,kubeconfig.yaml,kubeconfig.yml,admin.conf,smbpasswd,deploy_key}',
  '**/{.vault_pass,.vault_password,vault_pass,vault_password,vault-password}{,.txt}',
  '**/vault.{yml,yaml}',
  '**/{htpasswd,.htdigest,htdigest}',
  '**/*.{htpasswd,tfstate,tfvars,ppk,keystore,jceks,kdb,env}',
  '**/{clouds.yaml,passwords.yml,acme.json,private_key,tomcat-users.xml,dovecot-sql.conf.ext,history.sqlite,repl_history.jl}',
  '**/{admin-openrc,admin-openrc.sh}',
  '**/*.{p8,shada}',
  '**/secring.gpg',
];

const ofTheSystem: readonly string[] = [
  '/etc/.shadow*',
  '/{etc,run,usr/lib}/{credstore,credstore.encrypted}/**',
  '/run/credentials/**',
  '/var/lib/systemd/credential.secret',
  '/{etc,run}/netplan/**',
  '/run/NetworkManager/system-connections/**',
  '/var/lib/{iwd,bluetooth,teleport}/**',
  '/var/{lib/jenkins,jenkins_home}/{credentials.xml,secrets/**,identity.key.enc}',
  '/etc/{rsyncd.secrets,davfs2/secrets,corosync/authkey,ha.d/authkeys,boto.cfg}',
  '/etc/{dovecot/private,raddb,gitlab-runner,buildkite-agent,puppetlabs/puppet/ssl/private_keys}/**',
  '/etc/samba/smbpasswd',
  '/var/lib/samba/private/**',
  '/etc/{swanctl,ipsec.d}/private/**',
  '/etc/strongswan/*secrets*',
  '/etc/{ldap.secret,pam_ldap.secret,nslcd.conf,rndc.key}',
  '/etc/bind/*.key',
  '/etc/sssd/**',
  '/etc/freeradius/**',
  '/etc/pgbouncer/userlist.txt',
  '/etc/hostapd/**',
  '/etc/pve/priv/**',
  '/etc/docker/key.json',
  '/var/lib/docker/containers/**',
  '/var/lib/docker/swarm/**',
  '/var/lib/rabbitmq/.erlang.cookie',
  '/var/lib/tor/**',
  '/var/lib/NetworkManager/secret_key',
  '/var/snap/microk8s/current/credentials/**',
  '/var/lib/rancher/*/server/{cred,token,tls,db}/**',
  '/var/lib/rancher/*/server/*-token',
  '/var/lib/rancher/*/agent/*.kubeconfig',
  '/var/lib/{etcd,amazon/ssm/Vault,waagent,tailscale}/**',
  // The memory of programs that crashed, and pages of the memory of all.
  '/var/{lib/systemd/coredump,lib/apport/coredump,crash,spool/abrt}/**',
  '/{swapfile,swap.img,swap,crypto_keyfile.bin}',
  // What databases keep about who may log in, and what lies in memory of one.
  '/var/lib/postgresql/*/*/global/**',
  '/var/lib/pgsql/{data,*/data}/global/**',
  '/var/lib/mysql/mysql.ibd',
  '/var/lib/{redis/*.rdb,grafana/grafana.db}',
  '/etc/redis/users.acl',
  '/etc/{chrony.keys,chrony/chrony.keys,ntp.keys,ntp/keys}',
  '/etc/{ldap/ldap.secret,libnss-ldap.secret,libnss-ldap.conf}',
  '/{etc/krb5kdc,var/kerberos/krb5kdc,var/lib/krb5kdc}/**',
  '/etc/{postfix/sasl/**,exim4/passwd,dovecot/users,dovecot/passwd,msmtprc,ssmtp/ssmtp.conf,opendkim/keys/**}',
  '/etc/{squid/passwd,webmin/miniserv.users,passwd-s3fs,xl2tpd/l2tp-secrets,samba/credentials}',
  '/etc/{zypp/credentials.d,dehydrated/accounts,tinc,libvirt/secrets,restic,borgmatic,bacula}/**',
  '/etc/{iscsi/iscsid.conf,iscsi/nodes/**,gitea/app.ini,datadog-agent/datadog.yaml}',
  '/var/cache/debconf/passwords.dat',
  '/var/lib/{zerotier-one/identity.secret,libvirt/secrets/**,libvirt/qemu/save/**,iscsi/nodes/**}',
  '/var/lib/{snmp,net-snmp}/snmpd.conf',
  '/var/lib/jenkins/users/**',
  '/var/lib/cloud/{instance,instances/*}/{scripts/**,cloud-config.txt,vendor-data*,obj.pkl}',
  '/var/lib/cloud/seed/**',
  '/run/user/*/gdm/Xauthority',
  '/opt/splunk/etc/{passwd,auth/**}',
  '/run/user/*/gnupg/**',
  '/tmp/krb5cc_*',
  '/run/user/*/krb5cc*',
];

/** `a{b,c}d` as `abd` and `acd`, for each pair of braces. */
function spellOut(pattern: string): readonly string[] {
  const braces = /\{([^{}]*)\}/.exec(pattern);
  if (braces === null) return [pattern];
  const [whole, list = ''] = braces;
  return list.split(',').flatMap((choice) => spellOut(pattern.replace(whole, choice)));
}

export const credentialPlaces: readonly string[] = [
  ...browsersAndDesktops,
  ...clients,
  ...files,
  ...ofTheSystem,
].flatMap(spellOut);
