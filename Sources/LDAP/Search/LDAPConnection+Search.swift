extension LDAPConnection {
    /// Searches by pages (RFC 2696) and hands each page to `onPage`, in order, while the next one is fetched.
    ///
    /// Returns only when every page has arrived and was taken; a page that fails, or that the server does not account
    /// for, throws. At most two pages are in memory.
    ///
    /// - Throws: `LDAPError`, or whatever `onPage` throws.
    @discardableResult
    public func search(
        _ request: SearchRequest, onPage: (_ page: [LDAPEntry]) async throws -> Void
    ) async throws -> SearchSummary {
        try request.check()
        try checkIsBound()
        var summary = SearchSummary()
        var emptyPages = 0
        var page = try await nextPage(request, [], summary)
        while true {
            summary.add(page)
            emptyPages = page.entries.isEmpty ? emptyPages + 1 : 0
            // RFC 2696 §3 allows an empty page with a cookie; a server that sends nothing else is going in circles.
            guard emptyPages <= 16 else { throw LDAPError.limitExceeded(.pages) }
            if page.cookie.isEmpty {
                if !page.entries.isEmpty { try await onPage(page.entries) }
                return summary
            }
            let (cookie, soFar) = (page.cookie, summary)
            async let following = nextPage(request, cookie, soFar)
            if !page.entries.isEmpty { try await onPage(page.entries) }
            page = try await following
        }
    }

    /// Everything a small search finds, in one unpaged answer.
    ///
    /// - Throws: `LDAPError.limitExceeded(.entries)` when there are more than `request.limits.entries`.
    public func entries(_ request: SearchRequest) async throws(LDAPError) -> [LDAPEntry] {
        try request.check()
        try checkIsBound()
        return try await run { handle, cancellation throws(LDAPError) in try handle.entries(request, cancellation) }
    }

    private func nextPage(
        _ request: SearchRequest, _ cookie: [UInt8], _ summary: SearchSummary
    ) async throws(LDAPError) -> LDAPHandle.Page {
        let allowance = LDAPHandle.Allowance(
            entries: request.limits.entries - summary.entries, bytes: request.limits.bytes - summary.bytes)
        return try await run { handle, cancellation throws(LDAPError) in
            try handle.page(request, cookie: cookie, allowance, cancellation)
        }
    }
}

extension LDAPHandle {
    /// Everything a small search finds, in one unpaged answer.
    func entries(_ request: SearchRequest, _ cancellation: CancellationFlag) throws(LDAPError) -> [LDAPEntry] {
        let allowance = Allowance(entries: request.limits.entries, bytes: request.limits.bytes)
        do throws(LDAPError) {
            return try page(request, cookie: nil, allowance, cancellation).entries
        } catch .failed(.sizeLimitExceeded, _) {
            throw .limitExceeded(.entries)
        }
    }
}

extension SearchSummary {
    mutating func add(_ page: LDAPHandle.Page) {
        entries += page.entries.count
        pages += 1
        bytes += page.bytes
        referrals += page.referrals
        estimatedTotal = max(estimatedTotal, page.estimatedTotal)
    }
}
