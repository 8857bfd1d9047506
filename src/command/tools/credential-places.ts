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
  '**/.config/fish/fish_variables',
  '**/.config/nushell/history.*',
  '**/.local/share/{uv/credentials,com.vercel.cli,jupyter/runtime,atuin,opencode,goose,crush}/**',
  '**/.local/share/gem/credentials',
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
  '/var/lib/rancher/*/server/{cred,token,tls}/**',
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
