import { createDevice } from './create.ts';
import { deleteDevice } from './delete.ts';
import { getDevice } from './get.ts';
import { getHealth } from './health.ts';
import { linkDevice } from './link.ts';
import { linkEvents } from './link-events.ts';
import { createLinkPage, getLinkPage, revokeLinkPage } from './link-page.ts';
import { getLink, getQr } from './link-status.ts';
import { listDevices } from './list.ts';
import { setPresence } from './presence.ts';
import { restartDevice, unlinkDevice } from './unlink.ts';
import { updateDevice } from './update.ts';

export { applyFact, type FactOfDevice, type FactServices } from './apply-facts.ts';
export { askWhatsApp, requireListening } from './ask.ts';
export { checkCanSend, judgeDevice, type SendVerdict } from './can-send.ts';
export { changeState } from './change-state.ts';
export { countRecovered, deleteOldGaps, loseStaleGaps } from './gap-store.ts';
export { gapSchema } from './health.ts';
export { keepHealth } from './keep-health.ts';
export {
  isPageOver,
  type LinkPageServices,
  openLinkPage,
  type PageState,
  type PageVisit,
  readLinkPage,
  startFromPage,
} from './link-page-session.ts';
export { findLink } from './link-store.ts';
export { coldBudget, DEFAULT_PACING, minutesOf, type Pacing, pacingOf } from './pacing.ts';
export { requireDevice } from './require.ts';
export { deviceSchema, stateField as deviceStateField } from './schemas.ts';
export { carriesMessages } from './state.ts';
export { countDevices, type DeviceRow, findDevices, listExistingDevices, setDesired } from './store.ts';
export { resumeDevices, suspendDevices } from './suspend.ts';
export const operations = [
  createDevice,
  listDevices,
  getDevice,
  updateDevice,
  deleteDevice,
  linkDevice,
  getLink,
  getQr,
  linkEvents,
  createLinkPage,
  getLinkPage,
  revokeLinkPage,
  unlinkDevice,
  restartDevice,
  getHealth,
  setPresence,
];
