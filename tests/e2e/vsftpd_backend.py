"""vsftpd. Its writing user is the anonymous one, so the system's users and
its PAM set-up are left alone."""

import backends


class Vsftpd(backends.Backend):
  kind = "vsftpd"
  user = "ftp"

  def _command(self):
    empty = self.folder / "empty"
    empty.mkdir(exist_ok=True)
    first, last = backends.PASSIVE_PORTS
    settings = {
        "listen": "NO", "listen_ipv6": "YES", "background": "NO",
        "listen_port": backends.PORT, "max_per_ip": 0, "max_clients": 0,
        "anonymous_enable": "YES", "local_enable": "NO",
        # vsftpd wants a user whose home directory is there.
        "ftp_username": "daemon", "nopriv_user": "daemon",
        "anon_root": self.root, "secure_chroot_dir": empty,
        "write_enable": "YES", "anon_upload_enable": "YES",
        "anon_mkdir_write_enable": "YES", "anon_other_write_enable": "YES",
        "anon_world_readable_only": "NO", "anon_umask": "022",
        "allow_writeable_chroot": "YES",
        "ascii_download_enable": "YES", "ascii_upload_enable": "YES",
        "async_abor_enable": "YES", "mdtm_write": "YES",
        "port_enable": "YES", "pasv_enable": "YES",
        "connect_from_port_20": "NO",
        "pasv_min_port": first, "pasv_max_port": last,
        # Speed, and system calls that its old seccomp filter does not know.
        "isolate": "NO", "isolate_network": "NO", "seccomp_sandbox": "NO",
    }
    text = "".join(f"{key}={value}\n" for key, value in settings.items())
    config = self.write_file("vsftpd.conf", text)
    return [backends.unpacked("usr/sbin/vsftpd"), config]
