/// The public interface `org.varlink.certification`: its names and types, our words.
///
/// A client does what the text says and nothing else; if every call is accepted, client and server understand each other
/// in everything that Varlink can say.
enum InterfaceText {
    static let name = "org.varlink.certification"

    static let certification = """
        # One exchange, from which client and server learn whether they speak the same Varlink: Start, then Test01 to Test11
        # and End in this order. Each call hands back what the call before it returned.
        interface org.varlink.certification

        type Interface (
          foo: ?[]?[string](foo, bar, baz),
          anon: (foo: bool, bar: bool)
        )

        # Every kind of type.
        type MyType (
          object: object,
          enum: (one, two, three),
          struct: (first: int, second: string),
          array: []string,
          dictionary: [string]string,
          stringset: [string](),
          nullable: ?string,
          nullable_array_struct: ?[](first: int, second: string),
          interface: Interface
        )

        # Begins an exchange. Every other call names it.
        method Start() -> (client_id: string)

        method Test01(client_id: string) -> (bool: bool)

        method Test02(client_id: string, bool: bool) -> (int: int)

        method Test03(client_id: string, int: int) -> (float: float)

        method Test04(client_id: string, float: float) -> (string: string)

        method Test05(client_id: string, string: string) -> (
          bool: bool,
          int: int,
          float: float,
          string: string
        )

        method Test06(
          client_id: string,
          bool: bool,
          int: int,
          float: float,
          string: string
        ) -> (
          struct: (
            bool: bool,
            int: int,
            float: float,
            string: string
          )
        )

        method Test07(
          client_id: string,
          struct: (
            bool: bool,
            int: int,
            float: float,
            string: string
          )
        ) -> (map: [string]string)

        method Test08(client_id: string, map: [string]string) -> (set: [string]())

        method Test09(client_id: string, set: [string]()) -> (mytype: MyType)

        # To be called with the flag "more": the strings come one by one.
        method Test10(client_id: string, mytype: MyType) -> (string: string)

        # To be called with the flag "oneway", with all the strings that Test10 returned.
        method Test11(client_id: string, last_more_replies: []string) -> ()

        # Ends the exchange.
        method End(client_id: string) -> (all_ok: bool)

        # No exchange of that name is going on: it was never begun, has ended, or was dropped for newer ones.
        error ClientIdError ()

        # Not the call that comes next: the method, a flag or a value is another one. Both calls are shown whole, and the
        # exchange is over.
        error CertificationError (wants: object, got: object)

        """
}
