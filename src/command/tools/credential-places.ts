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
  '**/.config/fish/fish_variables',
  '**/.local/share/{uv/credentials,com.vercel.cli,jupyter/runtime,atuin}/**',
  '**/{.oci,.heroku,.vercel,.wrangler,.ngrok2,.cloudflared,.kaggle,.snowsql,.influxdbv2,.openai,.talos,.tsh,.age}/**',
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
  '**/.restic*',
];

const files: readonly string[] = [
  '**/{credentials,secrets,secret,client_secret,service-account,service_account,serviceaccount}.{json,yml,yaml,toml}',
  '**/{client_secret,service-account,service_account}*.json',
  '**/application_default_credentials.json',
  '**/{credentials.yml.enc,kubeconfig,kubeconfig.yaml,kubeconfig.yml,admin.conf,smbpasswd,deploy_key}',
  '**/{.vault_pass,.vault_password,vault_pass,vault_password,vault-password}{,.txt}',
  '**/vault.{yml,yaml}',
  '**/{htpasswd,.htdigest,htdigest}',
  '**/*.{htpasswd,tfstate,tfvars,ppk,keystore,jceks,kdb,env}',
  '**/secring.gpg',
];

const ofTheSystem: readonly string[] = [
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
