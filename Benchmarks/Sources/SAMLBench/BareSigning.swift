import BenchTable
import CXMLSec
import SAML

/// libxmlsec1 by itself: a template is parsed, signed and written, and nothing else is done.
final class BareSigning {
    private let template: [UInt8]
    private let key: xmlSecKeyPtr

    init(_ stage: SAMLStage) throws {
        var pem = Array(stage.keyPEM.utf8)
        guard
            let key = xmlSecOpenSSLAppKeyLoadMemory(&pem, UInt32(pem.count), xmlSecKeyDataFormatPem, nil, nil, nil)
        else { throw BenchFailure("libxmlsec1 did not load the key") }
        self.key = key
        // The signed response, with what was filled in taken out again, is a template.
        var document = try XMLReader.parse(stage.signed)
        Self.empty(&document)
        template = try XMLWriter.bytes(of: document)
    }

    deinit { xmlSecKeyDestroy(key) }

    private static func empty(_ element: inout XMLElement) {
        for place in element.children.indices {
            guard case .element(var child) = element.children[place] else { continue }
            if ["DigestValue", "SignatureValue"].contains(child.name.local) {
                child.children = []
            } else {
                empty(&child)
            }
            element.children[place] = .element(child)
        }
    }

    func sign() throws {
        let document = template.withUnsafeBytes {
            xmlReadMemory($0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), nil, nil, 0)
        }
        defer { xmlFreeDoc(document) }
        guard let root = xmlDocGetRootElement(document), let assertion = xmlLastElementChild(root),
            let issuer = xmlFirstElementChild(assertion), let signature = xmlNextElementSibling(issuer),
            let id = xmlHasProp(assertion, "ID"), let context = xmlSecDSigCtxCreate(nil)
        else { throw BenchFailure("the template is none") }
        defer { xmlSecDSigCtxDestroy(context) }
        _ = xmlAddID(nil, document, "_assertion1", id)
        context.pointee.signKey = xmlSecKeyDuplicate(key)
        guard xmlSecDSigCtxSign(context, signature) == 0 else { throw BenchFailure("libxmlsec1 did not sign") }
        var text: UnsafeMutablePointer<UInt8>?
        var length: Int32 = 0
        xmlDocDumpMemory(document, &text, &length)
        gw_xml_free(text)
    }
}
