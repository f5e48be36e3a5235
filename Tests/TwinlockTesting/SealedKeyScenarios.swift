import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// The daemon's own keys are made once.
    static let sealedKeys: [Scenario] = [
        Scenario("the first key of a purpose stays, whoever offers another one") { stage in
            let purpose = stage.identity().name
            try expect(try await stage.store.sealedKey(for: purpose, orElse: [1, 2]), is: [1, 2])
            try expect(try await stage.store.sealedKey(for: purpose, orElse: [3]), is: [1, 2])
            try expect(try await stage.store.sealedKey(for: stage.identity(1).name, orElse: [4]), is: [4])
        },
        Scenario("of eight keys offered at the same moment all are told the same one") { stage in
            let purpose = stage.identity().name
            let keys = await stage.together(8) { number throws(StoreError) in
                try await stage.store.sealedKey(for: purpose, orElse: [UInt8(number)])
            }
            let kept = try await stage.store.sealedKey(for: purpose, orElse: [99])
            try expect(kept.count == 1 && kept[0] < 8, is: true)
            try expect(keys.allSatisfy { $0 == .success(kept) }, is: true)
        },
    ]
}
