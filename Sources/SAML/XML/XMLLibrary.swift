import CXMLSec

/// libxml2 and libxmlsec1, made ready once for the process. After that nothing global is changed: documents, contexts and
/// keys are each call's own.
enum XMLLibrary {
    private static let isReady: Bool = {
        xmlInitParser()
        gw_xml_refuse_external_entities()
        guard xmlSecInit() == 0, gw_xmlsec_check_version() == 1 else { return false }
        // No file and no address is ever opened for a Reference.
        xmlSecIOCleanupCallbacks()
        xmlSecErrorsDefaultCallbackEnableOutput(0)
        return xmlSecOpenSSLAppInit(nil) == 0 && xmlSecOpenSSLInit() == 0
    }()

    /// To be called before anything of the libraries is used, on the thread that will use it.
    ///
    /// - Throws: `SAMLError` with `LIBRARY`: libxmlsec1 is missing, or another than the one that was compiled against.
    static func require() throws {
        guard isReady else { throw SAMLError(.library, "libxmlsec1 could not be used, or has another version") }
        gw_xml_silence_thread()
    }
}
