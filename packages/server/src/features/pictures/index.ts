import { getGroupPicture, removeGroupPicture, setGroupPicture } from './of-group.ts';
import { getPersonsPicture } from './of-person.ts';
import { getOwnPicture, removeOwnPicture, setOwnPicture } from './own.ts';

export { withPicture } from './image.ts';
export { type PictureOfDevice, recordPictures } from './record.ts';
export const operations = [
  getOwnPicture,
  setOwnPicture,
  removeOwnPicture,
  getPersonsPicture,
  getGroupPicture,
  setGroupPicture,
  removeGroupPicture,
];
