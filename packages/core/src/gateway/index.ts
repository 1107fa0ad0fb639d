export type {
  GatewayCallEnd,
  GatewayCallStart,
  GatewayChoice,
  GatewayDoing,
  GatewayGrant,
  GatewayHold,
  GatewayLedger,
  GatewayLimits,
  GatewayPorts,
  GatewayRefusal,
  GatewayRouting,
  GatewayUpstream,
  GatewayWait,
  RoutedSoFar,
  UpstreamSign,
} from './gateway-ports.js';
export { hashGatewayToken, mintGatewayToken } from './gateway-token.js';
export { defaultGatewayLimits, type Gateway, type GatewayOptions, startGateway } from './start-gateway.js';
