import CTwinlockLinux
import Glibc
import TwinlockService
import TwinlockSettings

extension ListedCallers {
    /// The services that the settings list. Names are those of the machine's own files: no name service is asked.
    static func services(_ settings: Settings) throws(StartError) -> ListedCallers {
        var listed = ListedCallers()
        for name in settings.serviceUsers {
            let uid = try self.id(of: name, kind: "user") { id in
                var gid: UInt32 = 0
                return tl_local_user(name, &id, &gid)
            }
            guard uid != 0 else { throw StartError("services.users: \"\(name)\" is root, who needs no listing") }
            listed.uids.insert(uid)
        }
        for name in settings.serviceGroups {
            listed.gids.insert(try self.group(name, of: "services.groups"))
        }
        return listed
    }

    /// The administrators: a group that need not be there unless the settings name it.
    static func administrators(_ settings: Settings) throws(StartError) -> ListedCallers {
        let name = settings.administrationGroup
        var gid: UInt32 = 0
        if name == Settings.defaultAdministrationGroup, tl_local_group(name, &gid) == -ENOENT {
            return ListedCallers()
        }
        return ListedCallers(gids: [try self.group(name, of: "administration.group")])
    }

    private static func group(_ name: String, of key: String) throws(StartError) -> UInt32 {
        let gid = try self.id(of: name, kind: "group") { tl_local_group(name, &$0) }
        guard gid != 0 else { throw StartError("\(key): \"\(name)\" is root's own group") }
        return gid
    }

    private static func id(
        of name: String,
        kind: String,
        lookUp: (inout UInt32) -> Int32
    ) throws(StartError) -> UInt32 {
        if let number = UInt32(name) { return number }
        var id: UInt32 = 0
        let status = lookUp(&id)
        guard status == 0 else { throw StartError(notFound: kind, name, status) }
        return id
    }
}
